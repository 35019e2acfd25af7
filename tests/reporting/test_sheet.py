import base64
import io
import re

import numpy as np
from outline import Outline
from PIL import Image

from copypaste_tf.drawing import sheets
from copypaste_tf.reporting import panels, sheet


def test_one_html_file_holds_everything(example, tmp_path):
  path = tmp_path / 'deep' / 'sheet.html'
  path.parent.mkdir()
  files = sheet.write(
    str(path), 'a <b> title', [example] * 3, {1: 'cat'}, [('jitter', '<LSJ>')]
  )
  text = path.read_text()
  pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', text)
  assert len(pictures) == 3 * 4
  for picture in pictures:
    image = Image.open(io.BytesIO(base64.b64decode(picture)))
    assert image.size == (360, 240)
  # Nothing is fetched from elsewhere, and no text is taken for HTML.
  assert not re.search(r'(src|href)="(?!data:|#)', text)
  assert 'a &lt;b&gt; title' in text
  assert '&lt;LSJ&gt;' in text
  assert text.count('image 11 from 22: 1 of 2 pasted') >= 3
  names = ['sheet.html', '000.png', '001.png', '002.png']
  assert [file.rsplit('/', 1)[1] for file in files] == names


def test_png_has_the_panels_side_by_side(example, tmp_path):
  files = sheet.write(str(tmp_path / 's.html'), 't', [example], {1: 'cat'})
  assert files[1] == str(tmp_path / 's_files/000.png')
  found = np.array(Image.open(files[1]))
  drawn = panels.draw(example, {1: 'cat'})
  for k, panel in enumerate(drawn.values()):
    left = k * (360 + sheets.GAP)
    np.testing.assert_array_equal(found[:, left : left + 360], panel)
  assert found.shape[1] == 4 * 360 + 3 * sheets.GAP


def test_missing_folders_are_created(example, tmp_path):
  path = tmp_path / 'a' / 'b' / 'sheet.html'
  sheet.write(str(path), 't', [example], {})
  assert path.exists()


def test_legend_names_every_colour():
  text = sheet.document('t', [], [], [])
  for color in panels.LEGEND.values():
    assert f'color:rgb{color}' in text
  assert set(panels.LEGEND) <= set(Outline(text).words)


def test_the_panels_share_the_width(example):
  images = panels.draw(example, {})
  strips = [sheet.strip(dict(list(images.items())[:2]), '"<b>" cat')]
  outline = Outline(sheet.document('t', [example], strips, []))
  assert {'class': 'strip'} in outline.all('div')
  alternatives = [x['alt'] for x in outline.all('img')]
  assert alternatives == ['target of "<b>" cat', 'source of "<b>" cat']


def test_totals_are_sums_over_the_examples(example):
  none = example._replace(
    result=example.result._replace(
      touched=np.zeros(3, bool),
      statistics=dict.fromkeys(example.result.statistics, 0.0),
    )
  )
  found = {label: value for value, label in sheet.totals([example, none])}
  assert found['examples'] == '2'
  assert found['of the examples have a paste'] == '50%'
  assert found['objects pasted'] == '1'
  assert found['objects touched that stay'] == '1'
  assert found['objects removed'] == '1'
  assert sheet.totals([])[1] == ('-', 'of the examples have a paste')


def test_the_totals_have_the_means_of_another_composition(example):
  def with_share(share):
    statistics = example.result.statistics | {'mixup/target_share': share}
    result = example.result._replace(statistics=statistics)
    return example._replace(result=result)

  found = sheet.totals([with_share(0.25), with_share(0.75)])
  assert ('0.5', 'target share, on average') in found
  assert not any('average' in label for _, label in sheet.totals([example]))
  assert sheet.totals([])[0] == ('0', 'examples')
