# `make demo` and `make test` need nothing but Python 3.11.

PYTHON ?= python3.11
VENV ?= .venv
DEMO ?= build/demo
SHAPES ?= build/shapes
# Of `make mutate`: files or folders, mutants of each module, and their seed.
MODULES ?= $(addprefix copypaste_tf/,augment records evaluation inputs)
MUTANTS ?= 5
SEED ?= 0

RUN = $(VENV)/bin/python -m

.PHONY: help install lint test thorough parity notebook nightly beam mutate demo shapes clean

help:
	@echo 'make demo     train on generated shapes and write $(DEMO)/report.html'
	@echo 'make test     lint, then the tests'
	@echo 'make nightly  the tests that make test leaves out, in one table:'
	@echo '              make thorough (slow), make parity (reference numbers)'
	@echo '              and make notebook (experiments/tutorial.ipynb)'
	@echo 'make beam     the tests of Apache Beam, in an environment of their own'
	@echo 'make mutate   faults that the tests do not notice, in a sample'
	@echo 'make install  only the virtual environment, in $(VENV)'
	@echo 'make shapes   only the records of the generated shapes'
	@echo 'make clean    remove what was built, except $(VENV)*'

install: $(VENV)/installed

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --upgrade pip
	$(RUN) pip install --quiet --editable '.[test]'
	@touch $@

lint: install
	$(RUN) ruff check .
	$(RUN) ruff format --check .

test: lint
	# One worker more than cores: a worker often waits for a subprocess.
	$(RUN) pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=15

$(VENV)/notebook: $(VENV)/installed
	$(RUN) pip install --quiet --editable '.[notebook]'
	@touch $@

nightly: install $(VENV)/notebook
	$(VENV)/bin/python tests/tools/nightly.py

notebook: $(VENV)/notebook

thorough parity notebook: install
	$(VENV)/bin/python tests/tools/nightly.py $@

# Beam bounds the versions of packages that users without it do not bound.
$(VENV)-beam/installed: setup.py
	$(PYTHON) -m venv $(VENV)-beam
	$(VENV)-beam/bin/pip install --quiet --editable '.[test,beam]'
	@touch $@

beam: $(VENV)-beam/installed
	$(VENV)-beam/bin/python -m pytest -m 'not notebook and not parity' \
	  tests/pools $(wildcard tests/labelling/test_pool*) tests/tfrecord_tools

mutate: install
	$(VENV)/bin/python tests/tools/mutate.py --count=$(MUTANTS) --seed=$(SEED) $(MODULES)

shapes: install
	$(RUN) tfrecord_tools.create_shapes_dataset --output_dir=$(SHAPES)
	for split in train val; do \
	  $(RUN) tfrecord_tools.create_coco_tfrecord \
	    --image_dir=$(SHAPES)/images \
	    --annotations=$(SHAPES)/instances_$$split.json \
	    --output_prefix=$(SHAPES)/$$split --num_shards=4 || exit 1; \
	done

demo: install
	$(RUN) experiments.demo --output_dir=$(DEMO) --shapes_dir=$(SHAPES)

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
