"""Costs of small HLO modules by hand, and costs of the augmentation."""

import pytest

from benchmarks import benchmark_device_cost, hlo_cost
from copypaste_tf.inputs import data_config

MODULE = """HloModule made_up

%sum (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %add.1 = f32[] add(f32[] %a, f32[] %b)
}

%fused (p: f32[2,8]) -> f32[2,8] {
  %p = f32[2,8]{1,0} parameter(0)
  %one = f32[] constant(1)
  %ones = f32[2,8]{1,0} broadcast(%one), dimensions={}
  %add.2 = f32[2,8]{1,0} add(%p, %ones)
  ROOT %twice = f32[2,8]{1,0} multiply(%add.2, %add.2)
}

%body (t: (s32[], f32[2,8])) -> (s32[], f32[2,8]) {
  %t = (s32[], f32[2,8]{1,0}) parameter(0)
  %i = s32[] get-tuple-element(%t), index=0
  %x = f32[2,8]{1,0} get-tuple-element(%t), index=1
  %y = f32[2,8]{1,0} negate(%x)
  ROOT %u = (s32[], f32[2,8]{1,0}) tuple(%i, %y)
}

%cond (t: (s32[], f32[2,8])) -> pred[] {
  %t.1 = (s32[], f32[2,8]{1,0}) parameter(0)
  ROOT %yes = pred[] constant(true)
}

ENTRY %main (x: f32[2,8]) -> f32[] {
  %x.1 = f32[2,8]{1,0} parameter(0)
  %zero = s32[] constant(0)
  %f = f32[2,8]{1,0} fusion(%x.1), kind=kLoop, calls=%fused
  %start = (s32[], /*index=1*/f32[2,8]{1,0}) tuple(%zero, %f)
  %loop = (s32[], f32[2,8]{1,0}) while(%start), condition=%cond, body=%body
  %z = f32[2,8]{1,0} get-tuple-element(%loop), index=1
  %half = u8[2,8]{1,0} convert(%z)
  %nought = f32[] constant(0)
  ROOT %r = f32[] reduce(%z, %nought), dimensions={0,1}, to_apply=%sum
}
"""


def test_the_cost_of_a_module_equals_that_by_hand():
  cost = hlo_cost.count(MODULE, images=2, content=hlo_cost.Content(1, 1, 1))
  # The fusion reads and writes 16 floats and has two operations for each; each
  # of 2 rounds negates all; then 16 bytes and a sum.
  assert cost.operations == 2 * 16 + 2 * 16 + 16 + (16 + 1)
  assert cost.bytes == 128 + 2 * 128 + (64 + 16) + (64 + 4 + 4)


BLOCKS = """HloModule blocks

%write (c: f32[6,4,4,2], i: s32[]) -> f32[6,4,4,2] {
  %c = f32[6,4,4,2]{3,2,1,0} parameter(0)
  %i = s32[] parameter(1)
  %old = f32[1,4,4,2]{3,2,1,0} dynamic-slice(%c, %i)
  %new = f32[1,4,4,2]{3,2,1,0} negate(%old)
  ROOT %all = f32[6,4,4,2]{3,2,1,0} dynamic-update-slice(%c, %new, %i)
}

%body (t: (s32[], f32[6,4,4,2])) -> (s32[], f32[6,4,4,2]) {
  %t = (s32[], f32[6,4,4,2]{3,2,1,0}) parameter(0)
  %n = s32[] get-tuple-element(%t), index=0
  %x = f32[6,4,4,2]{3,2,1,0} get-tuple-element(%t), index=1
  %y = f32[6,4,4,2]{3,2,1,0} fusion(%x, %n), kind=kLoop, calls=%write
  ROOT %u = (s32[], f32[6,4,4,2]{3,2,1,0}) tuple(%n, %y)
}

ENTRY %main (z: (s32[], f32[6,4,4,2])) -> (s32[], f32[6,4,4,2]) {
  %z = (s32[], f32[6,4,4,2]{3,2,1,0}) parameter(0)
  ROOT %l = (s32[], f32[6,4,4,2]) while(%z), body=%body, op_name="NAME/while"
}
"""


PLANES = BLOCKS.replace('f32[6,4,4,2]', 'u8[6,4,4]').replace('{3,2,1,0}', '')
PLANES = PLANES.replace('f32[1,4,4,2]', 'u8[1,4,4]')


def test_a_slice_costs_only_its_own_bytes():
  content = hlo_cost.Content(planes=3, used=2, instances=5)
  image, planes = 4 * 4 * 2, 4 * 4
  for text, name, rounds, block, size in (
    (BLOCKS, 'blocks', 6, image, 4),
    (BLOCKS, 'map', 2, image, 4),
    # Of three planes, two are used; each instance is in one of them.
    (PLANES, 'blocks', 6 * 2 // 3, planes, 1),
    (PLANES, 'instances', 6 // 3 * 5, planes, 1),
  ):
    cost = hlo_cost.count(text.replace('NAME', name), images=2, content=content)
    assert cost.bytes == rounds * (2 * block * size + 4), name
    assert cost.operations == rounds * 3 * block, name


@pytest.mark.thorough
def test_copy_paste_increases_the_cost():
  data = data_config.TrainData(
    source_size=(48, 48), max_source_instances=6, max_instances=6, num_planes=2
  )
  off, on = (
    hlo_cost.count(
      benchmark_device_cost.hlo(data.replace(copy_paste=paste), (64, 64), 2),
      images=2,
      content=hlo_cost.Content(planes=2, used=1, instances=2),
    )
    for paste in (None, data_config.CopyPaste())
  )
  # It reads two canvases and writes one of them.
  canvas = 2 * 64 * 64 * (4 * 3 + 1)
  assert on.bytes - off.bytes > 3 * canvas
  assert on.operations > off.operations > 64 * 64
