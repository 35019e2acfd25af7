"""The page links the figures from where it lies."""

import pytest

from experiments import tables
from experiments.measured_page import Measured


@pytest.fixture(scope='module')
def shown():
  return []


@pytest.fixture(scope='module')
def page(whole, pair, shown):
  others = [tables.get('10')]
  return Measured(str(whole.folder), [pair, *others], (), 100, shown.append)


def test_each_run_is_shown_once_before_the_work_on_it(page, shown):
  expected = [f'pair/{x}/1/{s}' for x in ('none', 'pasted') for s in (0, 1, 2)]
  assert shown == expected


def test_figures_are_linked_from_the_folder_of_the_page(page):
  (figure,) = [name for name in page.files() if name.endswith('.svg')]
  assert figure == 'pair_categories_pasted_1.svg'
  assert f']({figure})' in page.files()['measured.md']
  assert f'](measured/{figure})' in page.page('measured')


def test_tables_without_a_run_are_named(page):
  assert page.page().endswith('\nNo run yet: 10.\n')


def test_a_folder_without_any_run_is_refused(tmp_path, pair):
  with pytest.raises(ValueError, match='expected the folder of run_table'):
    Measured(str(tmp_path), [pair], (), 100, print)
