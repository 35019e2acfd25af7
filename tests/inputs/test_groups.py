"""Sets of different lengths share every batch, and go on where they were."""

import numpy as np
import pytest
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.inputs import data_config, pipeline
from copypaste_tf.inputs.data_config import RecordSet

# Epochs of 7 and 3 images: they wrap at different steps.
LABELED, PSEUDO, EXTRA = range(1000, 1007), range(1020, 1023), range(1040, 1045)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  path = tmp_path_factory.mktemp('records')
  for name, ids in (('l', LABELED), ('p', PSEUDO), ('x', EXTRA)):
    examples = [serialized.make_record(i - 1000, size=(16, 16))[0] for i in ids]
    serialized.write(path / name, map(records.serialize, examples))
  return path


@pytest.fixture
def data(folder):
  """Half labeled, half pseudo labeled images; labeled ones are pasted."""
  return data_config.TrainData(
    sets=[
      RecordSet(path=f'{folder}/l', share=0.5),
      RecordSet(path=f'{folder}/p', share=0.5, pasted_from=False),
    ],
    global_batch_size=4,
    source_size=(16, 16),
    max_source_instances=6,
    shuffle_buffer_size=4,
    copy_paste=data_config.CopyPaste(),
    augment_on='device',
  )


def take(data, count, *, context=None, step=0):
  """Returns ids of targets and of their sources, and the seed, of batches."""
  context = context and tf.distribute.InputContext(*context)
  batches = pipeline.train_dataset(data, (16, 16), context, step)
  taken = []
  for batch in batches.take(count):
    sources = batch.targets if batch.sources is None else batch.sources
    taken.append(
      [x.numpy().tolist() for x in (batch.targets.source_id, sources.source_id)]
      + [batch.seed.numpy().tolist()]
    )
  return taken


def ids_of(batches, position):
  return [batch[0][position] for batch in batches]


def test_every_batch_has_the_share_of_each_set_in_its_place(data):
  batches = take(data, 21)
  labeled = np.ravel([targets[:2] for targets, _, _ in batches])
  pseudo = np.ravel([targets[2:] for targets, _, _ in batches])
  # Each set has whole epochs of its own: 6 of 7 images, and 14 of 3.
  for ids, known in ((labeled, LABELED), (pseudo, PSEUDO)):
    for epoch in ids.reshape(-1, len(known)):
      assert sorted(epoch) == [*known]
  assert len({str(epoch) for epoch in pseudo.reshape(-1, 3)}) > 1


def test_labeled_objects_are_pasted_into_both_halves(data):
  for targets, sources, _ in take(data, 20):
    assert sorted(sources[:2]) == sorted(targets[:2])
    assert sorted(sources[2:]) == sorted(targets[:2])
    # The ends of two epochs may bring an image twice.
    if targets[0] != targets[1]:
      assert targets[0] != sources[0]


@pytest.mark.parametrize('position', [0, 1])
def test_images_that_receive_no_paste_are_their_own_source(data, position):
  data.sets[position].paste_into = False
  rows = slice(2 * position, 2 * position + 2)
  for targets, sources, _ in take(data, 5):
    assert sources[rows] == targets[rows]
    assert set(sources) <= set(targets)
    assert all(i in LABELED for i in sources[2 - 2 * position :][:2])


def test_pseudo_objects_alone_may_be_pasted(data):
  data.sets[0].pasted_from, data.sets[1].pasted_from = False, True
  for _, sources, _ in take(data, 5):
    assert set(sources) <= set(PSEUDO)


def test_a_set_without_a_share_is_only_a_source(data, folder):
  data.sets[0].pasted_from = data.sets[1].paste_into = False
  data.sets.append(RecordSet(path=f'{folder}/x', share=0.0))
  for targets, sources, _ in take(data, 5):
    assert set(sources[:2]) <= set(EXTRA) and sources[2:] == targets[2:]
  data.copy_paste = None
  assert all(targets == sources for targets, sources, _ in take(data, 2))


@pytest.mark.parametrize(
  'context',
  [
    *((1, 0, 1), (1, 0, 2)),
    # The other host of the same two.
    pytest.param((2, 0, 2), marks=pytest.mark.thorough),
    (2, 1, 2),
  ],
  ids=str,
)
def test_a_resumed_run_goes_on_in_every_set(data, context):
  """N, a kill and N more are 2 N in one go: ids, pairs and seeds."""
  hosts, _, replicas = context
  each = replicas // hosts
  data.global_batch_size = 4 * replicas
  whole = take(data, 8 * each, context=context)
  for step in (1, 2, 5):
    rest = take(data, (8 - step) * each, context=context, step=step)
    assert rest == whole[step * each :]
  if hosts == 2:
    other = take(data, 8, context=(2, 1 - context[1], 2))
    assert all(a != b for a, b in zip(whole, other, strict=True))


@pytest.mark.parametrize('replicas', [1, 4])
def test_one_image_a_replica_is_shared_over_replicas_or_steps(data, replicas):
  data.global_batch_size = replicas
  if replicas == 1:  # The only labeled image of two is the source.
    data.sets[0].paste_into = False
  context, group = (1, 0, replicas), max(replicas, 2)
  whole = take(data, 24, context=context)
  assert all(len(targets) == 1 for targets, _, _ in whole)
  for i, (targets, sources, _) in enumerate(whole):
    known = LABELED if i % group < group // 2 else PSEUDO
    assert targets[0] in known
    assert sources[0] in LABELED
  for step in (1, 2, 5):
    done = step * replicas
    rest = take(data, 24 - done, context=context, step=step)
    assert rest == whole[done:]


L, P = 'labeled', 'pseudo'
# What Table 3 pastes, and Section 4.4: fields of the two sets, then the sets
# whose objects an image of each set may get; None trains on no such images.
DATA_FLOWS = {
  'nothing': ({}, {}, False, (None, None)),
  'into labeled': ({}, {'paste_into': False}, True, (L, None)),
  'into pseudo': ({'paste_into': False}, {}, True, (None, L)),
  'into both': ({}, {}, True, (L, L)),
  'pseudo into labeled': (
    {'pasted_from': False, 'share': 1.0},
    {'pasted_from': True, 'share': 0.0},
    True,
    (P, None),
  ),
  'pseudo into labeled, both trained on': (
    {'pasted_from': False},
    {'pasted_from': True, 'paste_into': False},
    True,
    (P, None),
  ),
}


@pytest.mark.parametrize('replicas', [1, 4])
@pytest.mark.parametrize('name', DATA_FLOWS)
def test_every_data_flow_of_the_paper_can_be_written(data, name, replicas):
  """With 4 images a replica, and with 4 replicas of one image."""
  *changes, pastes, givers = DATA_FLOWS[name]
  for record_set, fields in zip(data.sets, changes, strict=True):
    for field, value in fields.items():
      setattr(record_set, field, value)
  if not pastes:
    data.copy_paste = None
  known = {L: LABELED, P: PSEUDO}
  got, counts = {L: set(), P: set()}, {L: 0, P: 0}
  for targets, sources, _ in take(data, 4 * replicas, context=(1, 0, replicas)):
    for target, source in zip(targets, sources, strict=True):
      kind = L if target in LABELED else P
      counts[kind] += 1
      # Equal ids are not pasted. Without Copy-Paste there are no sources.
      got[kind] |= {source} - {target}
  pseudo = round(16 * data.sets[1].share)
  assert counts == {L: 16 - pseudo, P: pseudo}
  for kind, giver in zip((L, P), givers, strict=True):
    assert got[kind] <= set(known.get(giver, ()))
    assert bool(got[kind]) == bool(giver)


def test_images_tell_their_sets_wherever_they_go(data, folder):
  def seen(**changes):
    context = tf.distribute.InputContext(1, 0, 4)
    batches = pipeline.train_dataset(data.replace(**changes), (16, 16), context)
    for batch in batches.take(4):
      for scenes in filter(None, (batch.targets, batch.sources)):
        for one, number in zip(scenes.source_id, scenes.sets, strict=True):
          yield (LABELED, PSEUDO, EXTRA)[int(number)], int(one)

  extra = RecordSet(path=f'{folder}/x', share=0.0)
  alone = [x.replace(pasted_from=False) for x in data.sets]
  for size, sets in ((16, [*alone, extra]), (4, data.sets)):
    pairs = [*seen(sets=sets, global_batch_size=size)]
    assert all(one in ids for ids, one in pairs)
    assert len({ids for ids, _ in pairs}) == len(sets)


def test_a_single_set_carries_no_numbers(data, folder):
  data = data.replace(sets=[], input_path=f'{folder}/l')
  for path in ('', f'{folder}/x'):
    data.source_input_path = path
    (batch,) = pipeline.train_dataset(data, (16, 16)).take(1)
    assert not tf.is_tensor(batch.targets.sets)


def test_sets_share_single_images_without_copy_paste_too(data):
  data.global_batch_size, data.copy_paste = 2, None
  batches = take(data, 6, context=(1, 0, 2))
  assert set(ids_of(batches[::2], 0)) <= set(LABELED)
  assert set(ids_of(batches[1::2], 0)) <= set(PSEUDO)


def test_any_order_keeps_the_shares(data):
  data.deterministic = False
  for targets, sources, _ in take(data, 20):
    assert all(i in LABELED for i in [*targets[:2], *sources])
    assert all(i in PSEUDO for i in targets[2:])


def test_one_set_is_the_short_form(data, folder):
  for values in ({}, {'copy_paste': None}, {'global_batch_size': 1}):
    short = data.replace(input_path=f'{folder}/l', sets=[], **values)
    listed = short.replace(input_path='', sets=[RecordSet(path=f'{folder}/l')])
    assert take(short, 6) == take(listed, 6)


def test_sets_that_share_their_records_draw_for_themselves(data, folder):
  data.sets[1].path = f'{folder}/l'
  batches = take(data, 7)
  assert [t[:2] for t, _, _ in batches] != [t[2:] for t, _, _ in batches]


def test_a_set_that_can_not_share_the_batch_is_an_error(data):
  data.global_batch_size = 3
  with pytest.raises(ValueError, match=r'TrainData\.sets\.0\.share'):
    take(data, 1)


def test_the_fault_may_be_in_any_set(data, tmp_path):
  bad, _, _ = serialized.make_record(2, image_bytes=b'\xff\xd8\xff no jpeg')
  path = serialized.write(tmp_path / 'x', [records.serialize(bad)])
  assert pipeline.find_fault(data) is None
  data.sets[1].path = path
  assert pipeline.find_fault(data).startswith(f'{path}: record 0')


@pytest.mark.slow
def test_an_image_that_receives_no_paste_keeps_its_labels(data):
  data.sets[1].paste_into = False
  data.augment_on = 'host'
  pasted = [
    batch.pasted.numpy().any(axis=1)
    for batch in pipeline.train_dataset(data, (16, 16)).take(8)
  ]
  assert np.any(pasted, axis=0).tolist() == [True, True, False, False]


def test_each_set_has_its_own_limits_of_scores(data, tmp_path):
  """Also the sources; one set has no scores at all."""
  path = tmp_path / 'scored'
  examples = [
    serialized.make_record(
      i - 1000, size=(16, 16), scores=np.float32([0.9, 0.6, 0.4, 0.2])
    )[0]
    for i in PSEUDO
  ]
  serialized.write(path, map(records.serialize, examples))
  data.sets[1] = RecordSet(
    path=str(path), share=0.5, min_score=0.5, ignore_score=0.3
  )
  source = RecordSet(path=str(path), share=0.0, min_score=0.8)
  data.sets = [x.replace(pasted_from=False) for x in data.sets] + [source]
  for batch in pipeline.train_dataset(data, (16, 16)).take(2):
    labels = [
      ((x.classes > 0) & ~x.ignored).numpy().sum(1).tolist() for x in batch[:2]
    ]
    assert labels == [[4, 4, 2, 2], [1, 1, 1, 1]]
    ignored = [x.ignored.numpy().sum(1).tolist() for x in batch[:2]]
    assert ignored == [[0, 0, 1, 1], [0, 0, 0, 0]]
