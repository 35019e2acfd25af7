"""Packaging of copypaste_tf: Simple Copy-Paste for TensorFlow."""

import pathlib
import re

import setuptools

ROOT = pathlib.Path(__file__).parent
VERSION = re.search(
  r"__version__ = '(.+)'", (ROOT / 'copypaste_tf/__init__.py').read_text()
)[1]
# Their names are too common for top-level packages of an installation.
MOVED = {
  'copypaste_tf.configs': 'configs',
  'copypaste_tf.experiments': 'experiments',
}

setuptools.setup(
  name='copypaste_tf',
  version=VERSION,
  description='Simple Copy-Paste for instance segmentation in TensorFlow',
  long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
  long_description_content_type='text/markdown',
  license='Apache-2.0',
  python_requires='>=3.11,<3.13',
  classifiers=[
    'Programming Language :: Python :: 3.11',
    'Programming Language :: Python :: 3.12',
  ],
  packages=[
    *setuptools.find_packages(include=['copypaste_tf*', 'tfrecord_tools*']),
    *MOVED,
  ],
  package_dir=MOVED,
  package_data={
    'copypaste_tf.configs': ['*.gin', 'models/*.gin'],
    'copypaste_tf.experiments': ['*.ipynb', '*.md', '*.sh'],
    'copypaste_tf.reporting': ['templates/*'],
  },
  install_requires=[
    'absl-py>=1.4',
    'faster-coco-eval>=1.8,<1.9',
    'gin-config>=0.5,<0.6',
    'Jinja2>=3.1',
    'matplotlib>=3.8',
    'numpy>=1.26',
    'opencv-python-headless>=4.9',
    'Pillow>=10',
    'psutil>=5.9',
    'pycocotools>=2.0.8',
    'scipy>=1.10',
    'tensorflow>=2.20,<2.21',
    'tensorflow-datasets>=4.9',
    'tf-keras>=2.20,<2.21',
    'tf-models-official>=2.20,<2.21',
    'tqdm>=4.66',
  ],
  extras_require={
    # Conversion on many machines. Beam bounds protobuf, pyarrow and pillow.
    'beam': ['apache-beam>=2.77,<2.78'],
    # Noto Sans CJK: Chinese, Japanese and Korean class names in pictures.
    'fonts': ['manimgx-fonts-cjk>=2026.9'],
    'notebook': ['jupyterlab>=4', 'nbclient>=0.10'],
    # The catalogue of TensorFlow Datasets imports it without requiring it.
    'tfds': ['importlib_resources>=6'],
    'tpu_check': ['libtpu>=0.0.27'],
    'test': [
      'build>=1.2',
      'hypothesis>=6.100',
      'pytest>=8',
      'pytest-xdist>=3.5',
      'ruff>=0.9,<1',
      'setuptools>=64',
      'wheel',
    ],
  },
)
