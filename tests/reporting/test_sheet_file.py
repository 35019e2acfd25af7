import numpy as np
import pytest

from copypaste_tf import drawing
from copypaste_tf.reporting import elements, sheet_file


def test_a_page_is_shown_in_a_frame(tmp_path):
  path = tmp_path / 'sheet.html'
  path.write_text('<b>sheet</b>')
  assert sheet_file.read(str(path)) == elements.Frame(
    'How the training examples are made', '<b>sheet</b>'
  )


@pytest.mark.parametrize('name', ['sheet.png', 'SHEET.PNG'])
def test_a_picture_is_embedded(tmp_path, name):
  path = tmp_path / name
  path.write_bytes(drawing.png_bytes(np.zeros([2, 3, 3], np.uint8)))
  figure = sheet_file.read(str(path))
  assert figure.source.startswith('data:image/png;base64,')


def test_another_kind_is_refused(tmp_path):
  with pytest.raises(ValueError, match='must be .html, .png or .jpg, got'):
    sheet_file.read(str(tmp_path / 'sheet.pdf'))
