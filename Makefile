# Two commands need nothing but Python 3.11: `make demo` and `make test`.

PYTHON ?= python3.11
VENV ?= .venv
DEMO ?= build/demo
SHAPES ?= build/shapes

RUN = $(VENV)/bin/python -m

.PHONY: help install lint test thorough parity demo shapes clean

help:
	@echo 'make demo     train on generated shapes and open $(DEMO)/report.html'
	@echo 'make test     lint, then the tests'
	@echo 'make thorough the slow tests that others cover more cheaply'
	@echo 'make parity   the models against reference numbers (slow)'
	@echo 'make install  only the virtual environment, in $(VENV)'
	@echo 'make shapes   only the records of the generated shapes'
	@echo 'make clean    remove what these commands made, but $(VENV)'

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
	# One worker more than cores: much of the time they wait for a command.
	$(RUN) pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=15

thorough: install
	XLA_FLAGS= $(RUN) pytest -m thorough

parity: install
	XLA_FLAGS= TF_ENABLE_ONEDNN_OPTS=0 $(RUN) pytest -m parity

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
