import importlib
import inspect

import numpy as np
import pytest
import reference
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from copypaste_tf import augment
from copypaste_tf.augment import augment as augment_batch
from copypaste_tf.augment import options

SSJ = augment.ScaleJitter(0.8, 1.25)
GENTLE = augment.CopyPaste(min_visible_area=8, box_tolerance=1.0)


def _tensors(scenes):
  return tf.nest.map_structure(tf.constant, scenes)


def _augment(form, scenes, seed=0, output_size=(48, 48), **knobs):
  knobs = {'copy_paste': GENTLE, 'max_instances': 20, 'form': form} | knobs
  return reference.to_numpy(
    augment_batch(
      _tensors(scenes), tf.constant([seed, 3]), output_size=output_size, **knobs
    )
  )


def _check_invariants(example, max_instances):
  """Checks the invariants of every example."""
  batch, height, width = example.alpha.shape
  for i in range(batch):
    label = example.classes[i] > 0
    assert label.sum() <= max_instances
    for name in ('ids', 'pasted', 'touched', 'areas'):
      assert not getattr(example, name)[i][~label].any(), name
    assert not example.boxes[i][~label].any()
    pasted_union = np.zeros([height, width], bool)
    for k in np.flatnonzero(label):
      mask = reference.example_mask(example, i, k)
      assert mask.sum() == example.areas[i, k] > 0
      ymin, xmin, ymax, xmax = example.boxes[i, k]
      assert 0 <= ymin < ymax <= height and 0 <= xmin < xmax <= width
      if example.pasted[i, k]:
        pasted_union |= mask
      else:
        assert not (mask & example.alpha[i]).any()
    np.testing.assert_array_equal(pasted_union, example.alpha[i])
  assert np.isfinite(example.image).all()


@settings(max_examples=8, deadline=None)
@given(
  seed=st.integers(0, 10_000),
  count=st.integers(0, 9),
  crowds=st.integers(0, 3),
  largest=st.integers(1, 48),
  subset=st.sampled_from(options.SUBSETS),
  occlusion=st.sampled_from(options.OCCLUSIONS),
  max_instances=st.sampled_from([1, 6, 20]),
)
def test_invariants_on_random_scenes(
  form, seed, count, crowds, largest, subset, occlusion, max_instances
):
  scenes = reference.make_scenes(
    np.random.default_rng(seed), count=count, crowds=crowds, largest=largest
  )
  knobs = {
    'copy_paste': augment.CopyPaste(
      subset=subset, occlusion=occlusion, min_visible_area=5
    ),
    'max_instances': max_instances,
    'jitter': augment.ScaleJitter(0.3, 2.0),
  }
  _check_invariants(_augment(form, scenes, seed, **knobs), max_instances)


@pytest.mark.parametrize('occlusion', options.OCCLUSIONS)
def test_augmentation_agrees_in_all_modes(form, occlusion):
  scenes = _tensors(reference.make_scenes(np.random.default_rng(1)))
  knobs = {
    'copy_paste': augment.CopyPaste(
      occlusion=occlusion, min_visible_area=5, blend_sigma=1.0
    ),
    'output_size': (40, 56),
    'max_instances': 16,
  }
  results = reference.each_way(
    lambda s, seed: augment_batch(s, seed, form=form, **knobs),
    scenes,
    tf.constant([5, 6]),
  )
  reference.assert_same(list(results))


def test_xla_and_eager_agree_over_many_seeds(form):
  scenes = _tensors(reference.make_scenes(np.random.default_rng(2)))

  def run(seed):
    return augment_batch(
      scenes,
      seed,
      output_size=(48, 40),
      max_instances=16,
      copy_paste=augment.CopyPaste(
        min_visible_area=5, class_weights=[1.0, 2.0, 1.0, 0.5]
      ),
      form=form,
    )

  compiled = tf.function(run, jit_compile=True)
  for seed in range(25):
    seed = tf.constant([seed, 77])
    results = [('eager', reference.to_numpy(run(seed)))]
    results.append(('XLA', reference.to_numpy(compiled(seed))))
    reference.assert_same(results)


def test_examples_are_jittered_pairs_of_different_images(form):
  scenes = reference.make_scenes(np.random.default_rng(3), batch=6)
  found = _augment(form, scenes, jitter=SSJ)
  np.testing.assert_array_equal(found.source_id[:, 0], scenes.source_id)
  assert sorted(found.source_id[:, 1]) == sorted(scenes.source_id)
  assert (found.source_id[:, 0] != found.source_id[:, 1]).all()
  # Without a paste the result is the target; the source is its partner.
  alone = _augment(form, scenes, jitter=SSJ, copy_paste=None)
  partner = [
    list(scenes.source_id).index(ident) for ident in found.source_id[:, 1]
  ]
  np.testing.assert_array_equal(
    found.image,
    np.where(found.alpha[..., None], alone.image[partner], alone.image),
  )


def test_a_new_seed_gives_a_new_example():
  scenes = reference.make_scenes(np.random.default_rng(4))
  a, b, again = (_augment('dense', scenes, seed) for seed in (0, 1, 0))
  assert (a.image != b.image).any()
  np.testing.assert_array_equal(a.image, again.image)


def test_source_jitter_moves_the_source_alone(form):
  scenes = reference.make_scenes(np.random.default_rng(5))
  still = augment.ScaleJitter(1.0, 1.0, flip_probability=0.0)
  tiny = augment.ScaleJitter(0.25, 0.25, flip_probability=0.0)
  everything = augment.CopyPaste(subset='all', min_visible_area=0)
  shared = _augment(form, scenes, jitter=still, copy_paste=everything)
  apart = _augment(
    form, scenes, jitter=still, source_jitter=tiny, copy_paste=everything
  )
  np.testing.assert_array_equal(shared.size, apart.size)
  assert not apart.alpha[:, 12:].any() and not apart.alpha[:, :, 12:].any()
  assert apart.alpha.any() and shared.alpha[:, 12:].any()


def test_objects_come_from_the_separate_source_batch(form):
  rng = np.random.default_rng(6)
  targets = reference.make_scenes(rng, count=2)
  sources = reference.make_scenes(rng, size=(30, 30), count=4)
  sources = sources._replace(
    classes=np.where(sources.classes > 0, 9, 0).astype(np.int32),
    source_id=np.arange(4) + 2000,
  )
  found = _augment(
    form,
    targets,
    sources=_tensors(sources),
    copy_paste=augment.CopyPaste(subset='all', min_visible_area=0),
  )
  np.testing.assert_array_equal(found.source_id[:, 1], sources.source_id)
  assert found.pasted.any()
  np.testing.assert_array_equal(found.pasted, found.classes == 9)
  _check_invariants(found, 20)


def test_one_image_needs_sources(form):
  rng = np.random.default_rng(7)
  single = reference.make_scenes(rng, batch=1)
  with pytest.raises(ValueError, match='only one; raise the batch size'):
    _augment(form, single)
  other = reference.make_scenes(rng, batch=1)
  other = other._replace(source_id=single.source_id + 1)
  found = _augment(form, single, sources=_tensors(other))
  assert found.image.shape == (1, 48, 48, 3)
  assert _augment(form, single, copy_paste=None).image.shape == (1, 48, 48, 3)


@pytest.mark.parametrize('apart', [False, True])
@pytest.mark.parametrize('blend_sigma', [0.0, 1.0])
def test_images_of_every_dtype_are_the_rounded_ones(form, blend_sigma, apart):
  rng = np.random.default_rng(8)
  scenes, others = (reference.make_scenes(rng) for _ in range(2))
  others = others._replace(source_id=np.arange(4) + 2000)
  knobs = {'sources': _tensors(others) if apart else None}
  knobs['copy_paste'] = augment.CopyPaste(subset='all', blend_sigma=blend_sigma)

  def image(dtype):
    return _augment(form, scenes, dtype=dtype, **knobs).image

  expected = tf.cast(image(tf.float32), tf.bfloat16)
  np.testing.assert_array_equal(
    image(tf.uint16), tf.bitcast(expected, tf.uint16)
  )
  found = image(tf.bfloat16)
  assert found.dtype == tf.bfloat16.as_numpy_dtype
  np.testing.assert_array_equal(found, expected)
  half = image(tf.float16)
  np.testing.assert_array_equal(half, image(tf.float32).astype(np.float16))


def test_bits_of_bfloat16_are_computed_without_bfloat16_operations(form):
  scenes = _tensors(reference.make_scenes(np.random.default_rng(8)))

  @tf.function(jit_compile=True)
  def run(scenes, seed):
    return augment_batch(
      scenes,
      seed,
      output_size=(48, 48),
      copy_paste=GENTLE,
      dtype=tf.uint16,
      form=form,
    )

  compiled = run.experimental_get_compiler_ir(scenes, tf.constant([0, 1]))
  assert 'u16[' in compiled('hlo') and 'bf16[' not in compiled('hlo')


@pytest.mark.parametrize('output_size', [(160, 96), (96, 160)])
@pytest.mark.parametrize('copy_paste', [None, GENTLE])
def test_a_canvas_of_several_blocks_need_not_be_square(
  form, output_size, copy_paste
):
  scenes = reference.make_scenes(np.random.default_rng(9), largest=40)
  found = _augment(form, scenes, 1, output_size, copy_paste=copy_paste)
  assert found.alpha.shape == (4, *output_size)
  assert found.image.shape == (4, *output_size, 3)
  assert found.planes.shape == (4, 8, *output_size)
  assert found.pasted.any() == (copy_paste is not None)
  _check_invariants(found, 20)


def test_a_batch_of_unknown_size_is_augmented(form):
  scenes = _tensors(reference.make_scenes(np.random.default_rng(9)))
  dataset = tf.data.Dataset.from_tensor_slices(scenes).batch(4)
  assert dataset.element_spec.image.shape[0] is None
  batches = dataset.map(
    lambda batch: augment_batch(
      batch,
      tf.constant([1, 3]),
      output_size=(48, 48),
      copy_paste=GENTLE,
      max_instances=20,
      form=form,
    )
  )
  found = next(iter(batches))
  np.testing.assert_array_equal(found.planes, _augment(form, scenes, 1).planes)


def test_objects_outside_of_the_crop_are_removed(form):
  scenes = reference.make_scenes(np.random.default_rng(10), count=3)
  zoom = augment.ScaleJitter(8.0, 8.0)
  found = _augment(form, scenes, jitter=zoom)
  _check_invariants(found, 20)
  assert (found.classes > 0).sum() < 12


@pytest.mark.parametrize('copy_paste', [None, GENTLE])
def test_without_normalization_images_are_rgb(form, copy_paste):
  scenes = reference.make_scenes(np.random.default_rng(11))
  plain = _augment(form, scenes, normalize=False, copy_paste=copy_paste)
  normal = _augment(form, scenes, copy_paste=copy_paste)
  assert plain.image.dtype == np.float32
  assert plain.image.min() == 0 and 200 < plain.image.max() <= 255
  # Where an image lies; 0 is black here and the mean colour there.
  lies = normal.image.any(axis=-1)
  assert lies.any() and not lies.all()
  expected = normal.image * reference.STDDEV + reference.MEAN
  np.testing.assert_allclose(plain.image[lies], expected[lies], atol=1e-3)
  assert not plain.image[~lies].any()
  np.testing.assert_array_equal(plain.planes, normal.planes)


def test_the_function_and_its_module_have_names_of_their_own():
  module = importlib.import_module('copypaste_tf.augment.augmentation')
  assert module is augment.augmentation
  assert augment.augment is module.augment is augment_batch
  assert not inspect.ismodule(augment.augment)


def test_only_tensorflow_is_imported():
  import sys

  for name, module in list(sys.modules.items()):
    if f'{name}.'.startswith('copypaste_tf.augment.'):
      source = inspect.getsource(module)
      for other in ('official', 'gin', 'copypaste_tf.inputs', 'tf_keras'):
        assert f'import {other}' not in source, (name, other)
        assert f'from {other}' not in source, (name, other)


def test_stateful_random_ops_are_not_used():
  from copypaste_tf.augment.draws import jitter, pairing, random, selection

  for module in (jitter, pairing, random, selection):
    source = inspect.getsource(module)
    for call in ('tf.random.uniform', 'tf.random.normal', 'tf.random.shuffle'):
      assert call not in source


@pytest.mark.parametrize('name', ['sources', 'source_jitter'])
def test_sources_without_a_composition_are_refused(name):
  value = {'sources': 'any', 'source_jitter': options.ScaleJitter()}[name]
  with pytest.raises(ValueError, match=f'reads `{name}` only to compose'):
    augment_batch(None, None, output_size=(8, 8), **{name: value})
