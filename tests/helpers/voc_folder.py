"""Writes small VOCdevkits."""


def annotation(*objects, filename='000005.jpg', size=(40, 60)) -> str:
  """Returns an XML file.

  Args:
    *objects: results of `entry`.
    filename: name of the image.
    size: height and width in pixels.
  """
  height, width = size
  return (
    f'<annotation><filename>{filename}</filename><size><width>{width}</width>'
    f'<height>{height}</height><depth>3</depth></size>{"".join(objects)}'
    '</annotation>'
  )


def entry(name, box, difficult=None, extra='') -> str:
  """Returns an object.

  Args:
    name: name of the class.
    box: `xmin, ymin, xmax, ymax` as VOC has them; numbers or text.
    difficult: content of the tag; None leaves it out.
    extra: more tags.
  """
  sides = zip(('xmin', 'ymin', 'xmax', 'ymax'), box, strict=True)
  corners = ''.join(f'<{tag}>{value}</{tag}>' for tag, value in sides)
  stated = '' if difficult is None else f'<difficult>{difficult}</difficult>'
  return (
    f'<object>{extra}{stated}<name>{name}</name>'
    f'<bndbox>{corners}</bndbox></object>'
  )


def write(folder, files, sets):
  """Writes annotations and lists.

  Args:
    folder: the VOCdevkit to make, a path.
    files: XML by year and name, such as `{'2007/000005': annotation()}`.
    sets: names of images by year and set, such as `{'2007/test': ['000005']}`.

  Returns:
    The folder.
  """
  for key, text in files.items():
    year, name = key.split('/')
    _write(folder / f'VOC{year}/Annotations/{name}.xml', text)
  for key, names in sets.items():
    year, name = key.split('/')
    lines = ''.join(f'{line}\n' for line in names)
    _write(folder / f'VOC{year}/ImageSets/Main/{name}.txt', lines)
  return folder


def _write(path, text):
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_text(text)
