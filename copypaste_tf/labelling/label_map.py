"""Decides the names of the classes that a teacher's labels carry."""

from collections.abc import Collection, Mapping

from copypaste_tf.labelling import gates

Names = Mapping[int, str]


def agreed(
  sources: Mapping[str, Names], num_classes: int, *, force: bool = False
) -> Names:
  """Returns the class names on which all sources agree.

  Args:
    sources: names by category id, by the place that states them. Places that
      state none are skipped, and the first of the others is taken.
    num_classes: classes of the model with the background.
    force: whether to accept contradictions.

  Raises:
    ValueError: no place states names, two places differ in an id or a name, or
      an id lies beyond the classes of the model.
  """
  known = {place: names for place, names in sources.items() if names}
  if not known:
    raise ValueError(
      'no file has the names of the classes; give --label_map, such as the '
      'manifest of the records that the model was trained on'
    )
  first, *others = known
  problems = [
    f'{first} and {other}: {problem}'
    for other in others
    for problem in gates.label_map_problems(known[first], known[other])
  ]
  highest = max(known[first])
  if highest >= num_classes:
    problems.append(
      f'{first} has the category {highest}, the model has {num_classes} '
      'classes with the background'
    )
  if problems and not force:
    problems.append(f'--force takes the names of {first}')
    raise ValueError('\n'.join(problems))
  return known[first]


def require_known(ids: Collection[int], names: Names, place: str) -> None:
  """Refuses category ids without a name.

  Args:
    ids: the category ids.
    names: names by category id.
    place: the file that has the ids.

  Raises:
    ValueError: an id has no name.
  """
  if unknown := sorted(set(ids) - names.keys()):
    raise ValueError(f'{place}: the label map has no categories {unknown}')
