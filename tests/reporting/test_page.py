import jinja2
import pytest
from outline import Outline

from copypaste_tf.reporting import page
from copypaste_tf.reporting.elements import Figure, Frame, Note, Row, Table
from copypaste_tf.reporting.sections import Pair

EVIL = '<b>"\'$x{{ 7 * 7 }}" & y'
PIXEL = 'data:image/png;base64,iVBORw0KGgo='


def section(template, **content):
  return page.Section('anchor', 'Title', 'About.', template, content)


def render(*sections):
  return page.document('title', 'lead', [], sections)


def body(template, **content):
  """Words of a section below its title."""
  words = Outline(render(section(template, **content))).words
  return words[words.index('About.') + 1 :]


def test_document_links_to_its_sections():
  sections = [
    page.Section(
      'one', 'First', 'About it.', 'facts.html', {'facts': Table([])}
    ),
    page.Section(
      'two',
      'Second',
      'About another.',
      'facts.html',
      {'facts': Table([Row('name', ['text'])])},
    ),
  ]
  text = page.document('title', 'lead', [('1', 'a')], sections)
  outline = Outline(text)
  targets = [attrs['href'] for attrs in outline.all('a')]
  anchors = [f'#{attrs["id"]}' for attrs in outline.all('section')]
  assert targets == anchors == ['#one', '#two']
  for word in (
    'lead',
    'First',
    'About it.',
    'About another.',
    'text',
    '1',
    'a',
  ):
    assert word in outline.words
  assert '--ink: #1b1e28' in text


def test_document_needs_no_other_file():
  outline = Outline(render(section('facts.html', facts=Table([]))))
  assert not outline.all('link')
  assert not outline.all('script')
  assert 'http' not in render()


def everything(text):
  """A page with a text wherever a page takes one."""
  note = Note(text, text)
  table = Table([Row(text, [text], 0.5)], [text, text, text])
  plain = Table([Row(text, [text])])
  figure = Figure(PIXEL, text, text)
  pair = Pair(figure, figure, text)
  sections = [
    section('metrics.html', overall=table, classes=table, note=note),
    section('metrics.html', overall=None, classes=None, note=note),
    section('training.html', figures=[figure], note=note),
    section(
      'batches.html',
      figures=[],
      sheet=Frame(text, text),
      legend={text: (1, 2, 3)},
      note=note,
    ),
    section('predictions.html', pairs=[pair], wide=False, legend={}),
    section('setup.html', settings=plain, machine=plain, texts=[(text, text)]),
    section('legend.html', legend={text: (1, 2, 3)}),
    section('facts.html', facts=plain),
  ]
  sections = [s._replace(title=text, about=text) for s in sections]
  return page.document(text, text, [(text, text)], sections)


@pytest.mark.parametrize(
  'text', [EVIL, '</pre></script><script>alert(1)</script>', '" onload="x']
)
def test_plain_text_is_escaped_everywhere(text):
  usual, hostile = Outline(everything('text')), Outline(everything(text))
  names = [name for name, _ in usual.tags]
  assert [name for name, _ in hostile.tags] == names
  attributes = [sorted(attrs) for _, attrs in usual.tags]
  assert [sorted(attrs) for _, attrs in hostile.tags] == attributes
  assert hostile.words == [word.replace('text', text) for word in usual.words]
  assert [attrs['alt'] for attrs in hostile.all('img')] == [text] * 3
  assert [attrs['srcdoc'] for attrs in hostile.all('iframe')] == [text]


@pytest.mark.parametrize(
  'source',
  [
    'javascript:alert(1)',
    'https://example.com/x.png',
    'data:text/html;base64,PGI+',
    'data:image/png;base64,AA" onload="alert(1)',
    'data:image/svg+xml,<svg onload="x"/>',
    '',
  ],
)
def test_only_embedded_images_are_sources(source):
  figures = [Figure(source, 'alt')]
  with pytest.raises(ValueError, match='must be the base64 data URI'):
    render(section('training.html', figures=figures, note=Note('')))


def test_a_section_without_its_data_is_an_error():
  with pytest.raises(jinja2.UndefinedError, match='facts'):
    render(section('facts.html'))


def test_a_table_has_a_head_only_with_a_header():
  headed = Table([Row('disc', ['1.0'])], ['Name', 'AP'])
  assert body('facts.html', facts=headed) == ['Name', 'AP', 'disc', '1.0']
  outline = Outline(render(section('facts.html', facts=headed)))
  assert outline.all('td') == [{'class': 'number'}]
  bare = Table([Row('a', ['b'])])
  outline = Outline(render(section('facts.html', facts=bare)))
  assert not outline.all('thead')
  assert outline.all('td') == [{}]


@pytest.mark.parametrize(('share', 'width'), [(0, '0.0'), (0.5, '50.0')])
def test_bars_are_as_long_as_the_number(share, width):
  table = Table([Row('disc', ['1.0'], share)], ['Name', 'AP', ''])
  outline = Outline(render(section('facts.html', facts=table)))
  (bar,) = (x for x in outline.all('span') if x.get('class') == 'bar')
  assert bar['style'] == f'width:{width}%'


def test_every_picture_has_an_alternative_text():
  figures = [Figure(PIXEL, 'A curve.')]
  text = render(section('training.html', figures=figures, note=Note('')))
  (attrs,) = Outline(text).all('img')
  assert attrs == {'alt': 'A curve.', 'src': PIXEL}
  assert not Outline(text).all('figcaption')


def test_texts_keep_their_line_breaks():
  text = 'a = 1\n  b = 2\n'
  plain = Table([])
  rendered = render(
    section('setup.html', settings=plain, machine=plain, texts=[('gin', text)])
  )
  assert f'<pre>{text}</pre>' in rendered


def test_a_frame_runs_no_scripts():
  frame = Frame('title', '<p class="a">alpha & target</p>')
  text = render(
    section('batches.html', figures=[], sheet=frame, legend={}, note=Note(''))
  )
  (attrs,) = Outline(text).all('iframe')
  assert attrs == {'sandbox': None, 'title': 'title', 'srcdoc': frame.document}


def test_a_click_opens_a_picture_without_a_script_or_a_second_copy():
  figures = [Figure(PIXEL, 'A curve.')]
  text = render(section('training.html', figures=figures, note=Note('')))
  assert text.count(PIXEL) == 1 and '<script' not in text
  (switch,) = Outline(text).all('input')
  assert switch == {'type': 'checkbox', 'aria-label': 'Show large'}
  assert Outline(text).all('label') == [{'class': 'zoom'}]
  assert '.zoom:has(:checked)' in text


def test_wide_content_scrolls_by_itself_on_a_narrow_screen():
  table = Table([Row('disc', ['1.0'])], ['Name', 'AP'])
  outline = Outline(render(section('facts.html', facts=table)))
  assert {'class': 'table'} in outline.all('div')
  style = render()
  assert '.table { overflow-x: auto; }' in style
  # A column that is wider than a telephone would move the whole page.
  assert 'minmax(20rem' not in style and 'minmax(26rem' not in style
