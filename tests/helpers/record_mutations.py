"""Damages serialized records in the ways in which tools and disks do."""

import tensorflow as tf

KINDS = ('int64_list', 'float_list', 'bytes_list')
NUMBERS = (-1, 0, 1, 2, 255, 256, 2**31, 2**40, -(2**62), 2**63 - 1)
FLOATS = (float('nan'), float('inf'), -1.0, 0.0, 0.5, 1.0, 1.5, 1e30)


def change(serialized, rng):
  """Changes up to three features, or the bytes of the whole record."""
  if rng.random() < 0.1:
    return _damaged(serialized, rng)
  for _ in range(rng.randint(1, 3)):
    serialized = _change_feature(serialized, rng)
  return serialized


def _change_feature(serialized, rng):
  example = tf.train.Example.FromString(serialized)
  features = example.features.feature
  key = rng.choice(sorted(features))
  kind = rng.choice(['remove', 'rename', 'kind', *['values'] * 6])
  if kind == 'remove':
    del features[key]
  elif kind == 'rename':
    features[f'{key}s'].CopyFrom(features[key])
    del features[key]
  elif kind == 'kind':
    features[key].Clear()
    _fill(getattr(features[key], rng.choice(KINDS)).value, rng)
  else:
    field = features[key].WhichOneof('kind') or rng.choice(KINDS)
    _change_values(getattr(features[key], field).value, rng)
  return example.SerializeToString()


def _fill(values, rng):
  for _ in range(rng.randrange(4)):
    for choices in (NUMBERS, FLOATS, (b'', b'x', b'\xff\xd8\xff')):
      try:
        values.append(rng.choice(choices))
        break
      except (TypeError, ValueError):
        continue


def _change_values(values, rng):
  if not values:
    _fill(values, rng)
    return
  place = rng.randrange(len(values))
  kind = rng.choice(['drop', 'repeat', 'clear', 'odd', 'odd', 'odd'])
  if kind == 'drop':
    del values[place]
  elif kind == 'repeat':
    values.append(values[place])
  elif kind == 'clear':
    del values[:]
  elif isinstance(values[place], bytes):
    values[place] = _damaged(values[place], rng)
  else:
    whole = isinstance(values[place], int)
    values[place] = rng.choice(NUMBERS if whole else FLOATS)


def _damaged(content, rng):
  if not content:
    return b'\0'
  place = rng.randrange(len(content))
  kind = rng.randrange(4)
  if kind == 0:
    return content[:place]
  if kind == 1:
    return content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :]
  if kind == 2:
    return content + b'\0\0'
  return b''
