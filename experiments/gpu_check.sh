#!/usr/bin/env bash
# Runs all checks and measurements for GPUs, on a machine with a GPU.
set -uo pipefail

usage() {
  cat <<'END'
usage: experiments/gpu_check.sh [OPTION]... JSON

Takes at most ten minutes on a machine with a GPU, and writes one file, JSON. It
runs tests with --strategy=mirrored, benchmark_step of R50-FPN at 640 and 1024,
and 50 steps of nuclei_cpu with peak memory and input_wait. Every part has a
time limit. If a part fails, this is recorded, and the exit status is 1. Without
a GPU, the script does nothing and exits with status 2.

  --allow_cpu    without a GPU, run tiny sizes on the CPU, to try this script
  --work=DIR     folder for logs and outputs; default: build/gpu_check

nuclei_cpu trains on its own records if they exist (docs/recipes.md), otherwise
on generated shapes. Python is $PYTHON, or .venv/bin/python, or python3.
END
}

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 2
}

allow_cpu='' work=build/gpu_check
while [[ ${1-} == -* ]]; do
  case $1 in
    --help) usage && exit ;;
    --allow_cpu) allow_cpu=1 ;;
    --work=*) work=${1#*=} ;;
    *) fail "$1 is no option; see --help" ;;
  esac
  shift
done
(($# == 1)) || fail 'expected JSON, the file to write; see --help'
json=$1
python=$(dirname -- "${BASH_SOURCE[0]}")/../.venv/bin/python
[[ -x $python ]] || python=python3
python=${PYTHON:-$python}
mkdir -p "$work" "$(dirname -- "$json")" || exit 2
: >>"$json" || exit 2

gpus=$("$python" -c '
import tensorflow as tf
print(len(tf.config.list_physical_devices("GPU")))' 2>"$work/devices.log" |
  tail -n 1)
[[ $gpus =~ ^[0-9]+$ ]] || fail "TensorFlow does not start: $work/devices.log"
if ((gpus == 0)) && [[ -z $allow_cpu ]]; then
  fail "TensorFlow sees no GPU; \`nvidia-smi\`, and pip install \
'tensorflow[and-cuda]'; --allow_cpu tries this script on the CPU"
fi

printf '{"gpus": %s, "parts": {}}\n' "$gpus" >"$json"
status=0

# Runs a part: its name, its limit in seconds, its JSON file or '', its command.
part() {
  local name=$1 limit=$2 output=$3 code=0 began=$SECONDS
  shift 3
  rm -f -- ${output:+"$output"}
  printf '%s: at most %s s; log: %s\n' "$name" "$limit" "$work/$name.log"
  timeout --kill-after=10 "$limit" "$@" >"$work/$name.log" 2>&1 || code=$?
  ((code == 0)) || status=1
  "$python" - "$json" "$name" "$code" "$((SECONDS - began))" "$output" \
    "$work/$name.log" <<'END' || status=1
import json
import pathlib
import sys

path, name, code, seconds, output, log = sys.argv[1:]
found = json.loads(pathlib.Path(path).read_text())
part = {'status': int(code), 'seconds': int(seconds)}
if part['status']:
  part['timed_out'] = part['status'] in (124, 137)
  part['last_lines'] = pathlib.Path(log).read_text().splitlines()[-15:]
elif output.endswith('.jsonl'):
  part['rows'] = [json.loads(x) for x in open(output) if x.strip()]
elif output:
  part['numbers'] = json.loads(pathlib.Path(output).read_text())
found['parts'][name] = part
pathlib.Path(path).write_text(json.dumps(found, indent=2) + '\n')
END
  printf '%s: %s after %s s\n' "$name" \
    "$( ((code)) && echo "status $code" || echo done)" "$((SECONDS - began))"
}

benchmark() {
  local size=$1 limit=$2
  shift 2
  part "r50_$size" "$limit" "$work/r50_$size.json" \
    "$python" -m copypaste_tf.benchmark_step \
    --gin_params="IMAGE_SIZE = ($size, $size)" \
    --json="$work/r50_$size.json" "$@"
}

# Makes records of generated shapes.
shapes() {
  "$python" -m tfrecord_tools.create_shapes_dataset --num_train=300 \
    --num_val=20 --output_dir="$work/shapes" || return
  for split in train val; do
    "$python" -m tfrecord_tools.create_coco_tfrecord --num_shards=4 \
      --image_dir="$work/shapes/images" --output_prefix="$work/shapes/$split" \
      --annotations="$work/shapes/instances_$split.json" || return
  done
}

recipe=(--gin_file=coco_r50_lsj_copypaste '--gin_params=TRAIN_RECORDS = ""')
train=("$python" -m copypaste_tf.train --gin_file=nuclei_cpu --mode=train
  "--model_dir=$work/model" --gin_params='schedule.train_steps = 50'
  --gin_params='schedule.warmup_steps = 5'
  --gin_params='experiment.log_every = 10'
  --gin_params='experiment.checkpoint_every = 50')
if ! compgen -G 'build/nuclei/train-*' >/dev/null; then
  shapes >"$work/shapes.log" 2>&1 || status=1
  train+=("--gin_params=TRAIN_RECORDS = '$work/shapes/train-*.tfrecord'"
    "--gin_params=EVAL_RECORDS = '$work/shapes/val-*.tfrecord'"
    --gin_params='model.num_classes = 18')
fi
rm -rf -- "$work/model"

if ((gpus)); then
  part tests 180 '' "$python" -m pytest -q --strategy=mirrored \
    tests/tasks/detection/test_task.py tests/training/loop/test_workers.py
  benchmark 640 140 "${recipe[@]}" --batch=8 --xla=both
  benchmark 1024 140 "${recipe[@]}" --batch=8 --xla=on --rounds=5
  part nuclei 100 "$work/model/history.jsonl" "${train[@]}"
else
  part tests 300 '' "$python" -m pytest -q --strategy=mirrored \
    tests/training/loop/test_workers.py
  benchmark 64 400 --gin_file=smoke --gin_params='TRAIN_RECORDS = ""' \
    --batch=2 --rounds=1 --counts=false
  part nuclei 300 "$work/model/history.jsonl" "${train[@]}" \
    --gin_params='schedule.train_steps = 8' \
    --gin_params='schedule.warmup_steps = 1' \
    --gin_params='experiment.log_every = 4' \
    --gin_params='experiment.checkpoint_every = 8' \
    --gin_params='BATCH_SIZE = 2' --gin_params='IMAGE_SIZE = (64, 64)'
fi
echo "$json: $( ((status)) && echo 'a part failed' || echo 'all parts are done')"
exit "$status"
