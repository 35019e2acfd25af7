"""The dense form: no loop, and the examples of the block form."""

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment

SMALL = augment.ScaleJitter(0.2, 0.7)
ALL = {'subset': 'all', 'min_visible_area': 4}


def _tensors(scenes):
  return tf.nest.map_structure(tf.constant, scenes)


def _numbers(image):
  """Returns pixels as float32, those of bfloat16 also from their bits."""
  if image.dtype == np.uint16:
    image = tf.bitcast(image, tf.bfloat16)
  return tf.cast(image, tf.float32).numpy()


def _assert_agree(blocks, dense):
  """Checks that labels are equal, and pixels to rounding."""
  assert blocks.image.dtype == dense.image.dtype
  rounding = 0 if blocks.image.dtype == np.float32 else 2**-7
  images = (_numbers(x.image) for x in (blocks, dense))
  np.testing.assert_allclose(*images, rtol=rounding, atol=5e-4)
  labels = [x._replace(image=0) for x in (blocks, dense)]
  reference.assert_same(list(zip(('blocks', 'dense'), labels, strict=True)), ())


@pytest.mark.parametrize(
  ('output_size', 'scenes', 'knobs'),
  [
    ((37, 29), {}, {}),
    ((37, 29), {}, {'copy_paste': {}, 'dtype': tf.uint16}),
    ((160, 24), {'largest': 60}, {'copy_paste': ALL}),
    ((33, 1), {}, {'copy_paste': ALL, 'source_jitter': SMALL}),
    (
      (41, 30),
      {'crowds': 3},
      {'copy_paste': {'blend_sigma': 1.0}, 'dtype': tf.bfloat16},
    ),
    (
      (64, 37),
      {},
      {'copy_paste': ALL | {'occlusion': 'published'}, 'sources': True},
    ),
    (
      (64, 48),
      {'count': 300, 'padded': 300, 'largest': 3},
      {'copy_paste': ALL, 'max_instances': 600, 'source_jitter': SMALL},
    ),
    ((37, 29), {'count': 0}, {'copy_paste': ALL, 'normalize': False}),
  ],
)
def test_both_forms_give_the_same_examples(output_size, scenes, knobs):
  rng = np.random.default_rng(0)
  knobs = {'max_instances': 11} | knobs
  if 'copy_paste' in knobs:
    knobs['copy_paste'] = augment.CopyPaste(**knobs['copy_paste'])
  if knobs.pop('sources', False):
    others = reference.make_scenes(rng, size=(21, 33))
    others = others._replace(source_id=np.arange(4) + 2000)
    knobs['sources'] = _tensors(others)

  @tf.function
  def both(scenes, seed):
    return [
      augment.augment(scenes, seed, output_size=output_size, form=form, **knobs)
      for form in ('blocks', 'dense')
    ]

  for step in range(3):
    batch = reference.make_scenes(rng, **{'crowds': 1, 'count': 8} | scenes)
    found = both(_tensors(batch), tf.constant([step, 5]))
    _assert_agree(*reference.to_numpy(found))


@pytest.mark.parametrize('blend_sigma', [0.0, 1.0])
def test_there_is_no_loop_and_no_operation_for_each_image(blend_sigma):
  options = augment.CopyPaste(blend_sigma=blend_sigma)

  def operations(batch, objects, form='dense'):
    @tf.function(jit_compile=True)
    def run(scenes, seed):
      return augment.augment(
        scenes, seed, output_size=(64, 48), copy_paste=options, form=form
      )

    rng = np.random.default_rng(1)
    scenes = reference.make_scenes(
      rng, batch=batch, size=(32, 32), padded=objects
    )
    text = run.experimental_get_compiler_ir(
      _tensors(scenes), tf.constant([0, 1])
    )('hlo')
    return text.count(' = '), text.count(' while(')

  few = operations(2, 10)
  assert few[1] == 0 and operations(9, 100) == few
  assert operations(2, 10, form='blocks')[1] > 0
