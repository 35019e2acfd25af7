"""The recipes, and the files that they include."""

import pathlib

CONFIGS = pathlib.Path(__file__).parents[2] / 'configs'
# Included by recipes; not a recipe by itself.
PARTS = {
  'base',
  'lvis',
  'lvis_balanced',
  'nuclei_data',
  'segmentation',
  'selftraining',
  'shapes_data',
  'voc07',
}
RECIPES = sorted(
  path for path in CONFIGS.glob('*.gin') if path.stem not in PARTS
)
DETECTORS = [path for path in RECIPES if '_seg_' not in path.stem]
