#!/usr/bin/env bash
# Prints and runs the command that trains a recipe, here or on a TPU VM.
set -euo pipefail

usage() {
  cat <<'END'
usage: experiments/launch.sh [OPTION]... RECIPE MODEL_DIR [FLAG]...

Prints and runs the command that trains RECIPE into MODEL_DIR. The same command
resumes a run that stopped. If MODEL_DIR has a run of another config, the script
fails. It never deletes anything.

  RECIPE     name or path of a gin file, such as coco_r50_lsj_copypaste
  MODEL_DIR  folder of checkpoints and summaries; gs://BUCKET/... for a TPU
  FLAG       passed on to copypaste_tf.train, such as --mode=train

  --dry_run          print the command; check recipe, records and MODEL_DIR
                     (on this machine only), and stop
  --retries=N        if a signal or a lost connection ended the command (status
                     above 128), run it again a minute later, at most N times
  --tpu_vm=NAME      run on that TPU VM, over ssh
  --tpu_slice=NAME   run on the first host of that slice of several hosts
  --zone=ZONE, --project=PROJECT
                     zone and project of NAME; default: gcloud's config
  --checkout=DIR     the checkout on the TPU VM; default: copypaste_tf

Python is $PYTHON, or .venv/bin/python of the checkout, or python3.
END
}

fail() {
  printf 'error: %s; see --help\n' "$1" >&2
  exit 2
}

# Runs a command and forwards SIGTERM and Ctrl-C to it. After such a signal,
# exits with the status of the command.
await() {
  "$@" </dev/null &
  child=$! status=0
  wait "$child" || status=$?
  [[ -n $asked ]] || return 0
  # The signal interrupted that wait; the command still runs.
  wait "$child" && exit || exit "$?"
}

dry_run='' retries=0 vm='' slice='' where=() checkout=copypaste_tf
while [[ ${1-} == -* ]]; do
  case $1 in
    --help) usage && exit ;;
    --dry_run) dry_run=1 ;;
    --retries=*) retries=${1#*=} ;;
    --tpu_vm=*) vm=${1#*=} ;;
    --tpu_slice=*) slice=${1#*=} ;;
    --zone=* | --project=*) where+=("$1") ;;
    --checkout=*) checkout=${1#*=} ;;
    *) fail "$1 is no option that comes before RECIPE" ;;
  esac
  shift
done
(($# >= 2)) || fail 'expected RECIPE and MODEL_DIR'
[[ $retries =~ ^[0-9]+$ ]] || fail "--retries: expected a number, not $retries"
[[ -z $vm || -z $slice ]] || fail 'expected --tpu_vm or --tpu_slice, not both'
recipe=$1 model_dir=$2
shift 2

if [[ -n $vm$slice ]]; then
  [[ $model_dir == gs://* ]] || fail "TPU VMs lose their disk when they are \
deleted: MODEL_DIR is gs://..., not $model_dir"
  there=(experiments/launch.sh "$recipe" "$model_dir" --strategy=tpu)
  there+=("--tpu=${slice:-local}" "$@")
  # The first host only drives: the servers of the hosts load the library.
  [[ -z $slice ]] || there=(env TPU_LOAD_LIBRARY=0 "${there[@]}")
  remote=$(printf '%q ' cd "$checkout")'&& exec '$(printf '%q ' "${there[@]}")
  # With a terminal, so that the remote command ends with the connection.
  command=(gcloud compute tpus tpu-vm ssh "$vm$slice" "${where[@]}" --worker=0)
  command+=("--command=$remote" -- -tt)
else
  python=$(dirname -- "${BASH_SOURCE[0]}")/../.venv/bin/python
  [[ -x $python ]] || python=python3
  command=("${PYTHON:-$python}" -m copypaste_tf.train "--gin_file=$recipe")
  command+=("--model_dir=$model_dir" "$@")
fi

printf '%q ' "${command[@]}" && echo
if [[ -n $dry_run ]]; then
  [[ -n $vm$slice ]] || "${command[@]}" --dry_run >/dev/null
  exit
fi
((retries)) || exec "${command[@]}"

# Job control: a background job would otherwise ignore Ctrl-C.
set -m
asked=''
trap 'asked=1; kill -TERM "$child"' TERM
trap 'asked=1; kill -INT "$child"' INT
while await "${command[@]}" && ((status > 128 && retries-- > 0)); do
  echo "ended with status $status; again in a minute" >&2
  await sleep 60
done
exit "$status"
