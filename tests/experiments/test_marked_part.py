import pytest

from experiments import marked_part

BEGIN, END = marked_part.BEGIN, marked_part.END
PAGE = f'# Results\n\nBy hand.\n\n{BEGIN}\nold\n{END}\n\nAlso by hand.\n'


def test_the_part_is_replaced_and_the_rest_stays():
  page = marked_part.replaced(PAGE, 'new\n', 'results.md')
  assert page == PAGE.replace('old', '\nnew\n')


def test_the_same_part_again_changes_nothing():
  page = marked_part.replaced(PAGE, 'new\n', 'results.md')
  assert marked_part.replaced(page, 'new\n', 'results.md') == page


@pytest.mark.parametrize(
  'page',
  [PAGE.replace(END, ''), PAGE + BEGIN + '\n', f'{END}\n{BEGIN}\n', ''],
  ids=['no end', 'two begins', 'wrong order', 'empty'],
)
def test_a_page_without_both_markers_in_order_is_refused(page):
  with pytest.raises(ValueError, match=r'results\.md: expected a line <!--'):
    marked_part.replaced(page, 'new', 'results.md')
