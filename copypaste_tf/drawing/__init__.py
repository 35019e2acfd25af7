"""Draws boxes, masks and captions over images; NumPy, OpenCV and Pillow.

`colors` chooses colours, `fonts` finds a font for each letter, `text` draws
lines, `places` finds room for captions, `labels` draws them or numbers with a
legend, `instances` and `class_maps` draw whole pictures, `scene_masks` lists
the masks of a scene for them, `sheets` lays pictures out. Images are
`[h, w, 3]` uint8 RGB; boxes are `(ymin, xmin, ymax, xmax)` in pixels of the
image.
"""

from copypaste_tf.drawing.class_maps import draw_class_map as draw_class_map
from copypaste_tf.drawing.class_maps import palette as palette
from copypaste_tf.drawing.class_maps import palette_color as palette_color
from copypaste_tf.drawing.class_maps import palette_png as palette_png
from copypaste_tf.drawing.colors import Color as Color
from copypaste_tf.drawing.colors import class_colors as class_colors
from copypaste_tf.drawing.colors import instance_colors as instance_colors
from copypaste_tf.drawing.instances import draw_instances as draw_instances
from copypaste_tf.drawing.sheets import png_bytes as png_bytes
from copypaste_tf.drawing.sheets import side_by_side as side_by_side
from copypaste_tf.drawing.sheets import tile as tile
