"""What the paper says of its figures is about rows that exist."""

from experiments import paper_figures, tables


def test_a_difference_is_between_two_rows_of_its_figure_at_their_fractions():
  differences = [s for s in paper_figures.STATEMENTS if s.value is not None]
  assert len(differences) == 4
  for statement in differences:
    table = tables.get(f'figure{statement.figure}')
    for name in (statement.better, statement.worse):
      assert statement.fraction in table.row(name).seeds
    assert f'+{statement.value:g} box AP' in statement.text
    assert f'{statement.fraction:.0%}'.replace('%', ' %') in statement.text


def test_every_figure_with_curves_or_bars_has_a_statement():
  assert {s.figure for s in paper_figures.STATEMENTS} == {1, 4, 5, 6}
