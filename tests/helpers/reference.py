"""Reference implementation of the augmentation in NumPy loops; random scenes.

Nothing here shares code with the package except the structures of `examples`.
"""

from fractions import Fraction

import numpy as np
import tensorflow as tf

from copypaste_tf.examples import Scenes

MEAN = np.array([123.675, 116.28, 103.53])
STDDEV = np.array([58.395, 57.12, 57.375])


def each_way(fn, *args):
  """Yields `fn(*args)` run eagerly, in `tf.data` and compiled by XLA."""
  yield 'eager', to_numpy(fn(*args))
  dataset = tf.data.Dataset.from_tensors(args).map(lambda *a: fn(*a))
  yield 'tf.data', to_numpy(next(iter(dataset)))
  yield 'XLA', to_numpy(tf.function(fn, jit_compile=True)(*args))


def to_numpy(nest):
  return tf.nest.map_structure(lambda x: x.numpy(), nest)


def assert_same(results, approximate=('image',)):
  """Checks that all ways give equal results; pixels agree to rounding."""
  (_, first), *others = results
  for way, other in others:
    for name in first._fields:
      a, b = getattr(first, name), getattr(other, name)
      if name in approximate:
        np.testing.assert_allclose(a, b, atol=5e-4, err_msg=f'{way} {name}')
      else:
        tf.nest.map_structure(
          lambda x, y, n=name, w=way: np.testing.assert_array_equal(
            x, y, err_msg=f'{w} {n}'
          ),
          a,
          b,
        )


def make_scenes(
  rng,
  *,
  batch=4,
  size=(48, 64),
  count=5,
  padded=12,
  num_planes=8,
  crowds=0,
  largest=24,
):
  """Returns random `Scenes` of rectangles with ragged edges, in NumPy."""
  height, width = size
  scenes = {
    'image': np.zeros([batch, height, width, 3], np.uint8),
    'planes': np.zeros([batch, num_planes, height, width], np.uint8),
    'size': np.zeros([batch, 2], np.int32),
    'boxes': np.zeros([batch, padded, 4], np.float32),
    'classes': np.zeros([batch, padded], np.int32),
    'ids': np.zeros([batch, padded], np.int32),
    'crowd': np.zeros([batch, padded], bool),
    'source_id': rng.permutation(1000)[:batch].astype(np.int64),
    'shrunk': np.arange(batch) == 1,
  }
  for i in range(batch):
    h = int(rng.integers(max(1, height // 2), height + 1))
    w = int(rng.integers(max(1, width // 2), width + 1))
    scenes['size'][i] = h, w
    scenes['image'][i, :h, :w] = rng.integers(0, 256, [h, w, 3])
    for k in range(count):
      mask = random_mask(rng, h, w, largest)
      _add_object(scenes, i, k, mask, rng, crowd=k < crowds)
  return Scenes(**scenes)


def random_mask(rng, height, width, largest):
  """Returns `[height, width]` bool: a rectangle with random holes."""
  h = int(rng.integers(1, min(largest, height) + 1))
  w = int(rng.integers(1, min(largest, width) + 1))
  y = int(rng.integers(0, height - h + 1))
  x = int(rng.integers(0, width - w + 1))
  mask = np.zeros([height, width], bool)
  mask[y : y + h, x : x + w] = rng.random([h, w]) < 0.8
  mask[y + h // 2, x + w // 2] = True
  return mask


def _add_object(scenes, i, k, mask, rng, crowd):
  height, width = mask.shape
  planes = scenes['planes'][i, :, :height, :width]
  for number, plane in enumerate(planes):
    if not plane[mask].any():
      value = int(plane.max()) + 1
      plane[mask] = value
      scenes['ids'][i, k] = 256 * number + value
      break
  else:
    raise AssertionError('more planes needed')
  jitter = rng.uniform(-0.4, 0.4, 4)
  limits = [height, width, height, width]
  scenes['boxes'][i, k] = np.clip(tight_box(mask) + jitter, 0, limits)
  scenes['classes'][i, k] = rng.integers(1, 6)
  scenes['crowd'][i, k] = crowd


def tight_box(mask):
  """Returns `(ymin, xmin, ymax, xmax)`, ends exclusive; zeros if empty."""
  ys, xs = np.nonzero(mask)
  if not len(ys):
    return np.zeros(4)
  return np.array([ys.min(), xs.min(), ys.max() + 1, xs.max() + 1])


def mask_of(planes, ident):
  """Returns `[h, w]` bool of one id in `[l, h, w]` planes."""
  if ident == 0:
    return np.zeros(planes.shape[1:], bool)
  return planes[ident // 256] == ident % 256


def owners(alpha):
  """Returns the owner plane of a paste: bit 1 target, bit 2 source."""
  return np.where(alpha, 2, 1).astype(np.uint8)


def example_mask(example, i, k):
  """Returns the mask of label `k` of training example `i`."""
  mask = mask_of(example.planes[i], example.ids[i, k])
  owner = 2 if example.pasted[i, k] else 1
  return mask & ((example.owners[i] & owner) > 0)


def sample_image(image, rows, columns, *, normalize):
  """Resamples images pixel by pixel; see `engine.SampleImage`."""
  shape = (*rows.low.shape, columns.low.shape[1])
  sampled = np.zeros([*shape, 3])
  for i, y, x in np.ndindex(shape):
    if not (rows.inside[i, y] and columns.inside[i, x]):
      continue
    top, bottom = (
      (1 - columns.weight[i, x]) * image[i, row, columns.low[i, x]]
      + columns.weight[i, x] * image[i, row, columns.high[i, x]]
      for row in (rows.low[i, y], rows.high[i, y])
    )
    pixel = (1 - rows.weight[i, y]) * top + rows.weight[i, y] * bottom
    sampled[i, y, x] = (pixel - MEAN) / STDDEV if normalize else pixel
  return sampled


def sample_planes(planes, rows, columns, *, used):
  """Resamples id planes pixel by pixel; see `engine.SamplePlanes`."""
  (batch, height), width = rows.pixel.shape, columns.pixel.shape[1]
  sampled = np.zeros([batch, planes.shape[1], height, width], np.uint8)
  for i, j, y, x in np.ndindex(sampled.shape):
    if used[i, j] and rows.inside[i, y] and columns.inside[i, x]:
      pixel = rows.pixel[i, y], columns.pixel[i, x]
      sampled[(i, j, y, x)] = planes[(i, j, *pixel)]
  return sampled


def measure(planes, ids, of_target=True):
  """Returns the areas and tight boxes of the pixels that the target owns."""
  area, box = np.zeros(ids.shape, int), np.zeros([*ids.shape, 4], int)
  owned = np.broadcast_to(of_target, planes[:, 0].shape)
  for i, k in np.ndindex(ids.shape):
    mask = mask_of(planes[i], ids[i, k]) & owned[i]
    area[i, k], box[i, k] = mask.sum(), tight_box(mask)
  return area, box


def union(planes, ids, chosen, partner=None):
  """Returns `[b, h, w]` bool, the union of the masks that are chosen."""
  partner = np.arange(len(ids)) if partner is None else partner
  pixels = np.zeros([len(ids), *planes.shape[2:]], bool)
  for i, k in np.argwhere(chosen):
    pixels[i] |= mask_of(planes[partner[i]], ids[i, k])
  return pixels


def paste(alpha, targets, sources, *, partner, used):
  """Pastes pixel by pixel; see `engine.Paste`."""
  partner = np.arange(len(alpha)) if partner is None else partner
  pasted = targets.copy()
  for i, j in np.argwhere(used):
    pasted[i, j][alpha[i]] = sources[partner[i], j][alpha[i]]
  return pasted


def warp_by_hand(scenes, i, scaled_size, offset, flipped, output_size):
  """Warps one scene pixel by pixel; returns image, planes, boxes, size."""
  height, width = output_size
  source_h, source_w = scenes.size[i]
  scaled_h, scaled_w = (int(x) for x in scaled_size)
  image = np.zeros([height, width, 3])
  planes = np.zeros([scenes.planes.shape[1], height, width], np.uint8)
  for y in range(height):
    for x in range(width):
      ys, xs = y + offset[0], x + offset[1]
      if ys >= scaled_h or xs >= scaled_w:
        continue
      xs = scaled_w - 1 - xs if flipped else xs
      # The centre of the pixel, in source pixels.
      yc = (ys + 0.5) * source_h / scaled_h
      xc = (xs + 0.5) * source_w / scaled_w
      planes[:, y, x] = scenes.planes[i, :, int(yc), int(xc)]
      pixel = bilinear(
        scenes.image[i, :source_h, :source_w], yc - 0.5, xc - 0.5
      )
      image[y, x] = (pixel - MEAN) / STDDEV
  boxes = []
  for box, label in zip(scenes.boxes[i], scenes.classes[i], strict=True):
    ymin, xmin, ymax, xmax = (float(c) for c in box)
    ymin, ymax = (c * scaled_h / source_h for c in (ymin, ymax))
    xmin, xmax = (c * scaled_w / source_w for c in (xmin, xmax))
    if flipped:
      xmin, xmax = scaled_w - xmax, scaled_w - xmin
    box = [
      ymin - offset[0],
      xmin - offset[1],
      ymax - offset[0],
      xmax - offset[1],
    ]
    box = np.clip(box, 0, [height, width, height, width])
    boxes.append(box if label else np.zeros(4))
  size = [
    min(scaled_h - offset[0], height),
    min(scaled_w - offset[1], width),
  ]
  return image, planes, np.array(boxes), size


def bilinear(image, y, x):
  """Samples `[h, w, c]` bilinearly at a point; edges are repeated."""
  height, width = image.shape[:2]
  y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
  y0, x0 = int(y), int(x)
  y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
  fy, fx = y - y0, x - x0
  top = image[y0, x0] * (1 - fx) + image[y0, x1] * fx
  bottom = image[y1, x0] * (1 - fx) + image[y1, x1] * fx
  return top * (1 - fy) + bottom * fy


def repair_by_hand(boxes, masks, alpha, options):
  """Applies the rule `per_object` to the objects of one image, one by one.

  Args:
    boxes: annotated box of each object, on the canvas.
    masks: `[h, w]` bool mask of each object before the paste.
    alpha: `[h, w]` bool, pasted pixels.
    options: a `CopyPaste`.

  Returns:
    For each object its box, or None if it is removed.
  """
  repaired = []
  for box, mask in zip(boxes, masks, strict=True):
    visible = mask & ~alpha
    if visible.sum() == mask.sum():
      repaired.append(box)
      continue
    too_few = visible.sum() <= options.min_visible_area
    part = Fraction(int(visible.sum()), int(mask.sum()))
    too_little = part < Fraction(str(options.min_visible_fraction))
    if too_few or too_little or not visible.any():
      repaired.append(None)
      continue
    before, after = tight_box(mask), tight_box(visible)
    moved = np.abs(after - before) > options.box_tolerance
    new = np.where(moved, after, box)
    if new[0] >= new[2] or new[1] >= new[3]:
      new = after
    repaired.append(new)
  return repaired
