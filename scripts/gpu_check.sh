#!/usr/bin/env bash
# On a machine with a GPU: builds for it, tests on it, times a step beside
# PyTorch's, and prints all of it as one table, in less than ten minutes.
#   scripts/gpu_check.sh [BUILD_FOLDER [SECONDS]]
# With a folder it takes what is built there, and with SECONDS it ends by then.
# LATHE_PEERS is a Python that has benchmarks/peers/requirements.txt; without
# PyTorch for CUDA its rows are left out. Exits with 1 where a test fails, and
# with 77 where there is no GPU.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

if ! compgen -G '/dev/nvidia[0-9]*' >/dev/null && ! nvidia-smi -L &>/dev/null
then
  echo "gpu_check: there is no NVIDIA GPU here; nothing was checked" >&2
  exit 77
fi
if (($# > 2)) || [[ "${1:-}" == -* ]]; then
  echo "usage: scripts/gpu_check.sh [BUILD_FOLDER [SECONDS]]" >&2
  exit 2
fi

build=${1:-build}
if (($# == 0)); then
  architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader |
    head -1 | tr -d .)
  cmake --preset release -DLATHE_CUDA_ARCHITECTURES="$architecture" &&
    cmake --build --preset release --target test_cuda_device test_train \
      test_models train_segmentation lathe_info benchmark_step || exit 1
fi
bin=$PWD/$build/bin
[[ $build == /* ]] && bin=$build/bin
work=$(mktemp -d)
# What runs in the background ends with it.
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

rows=()
row() { rows+=("| $1 | $2 |"); }
failed=0
# Seconds of which the checks and the timings should use no more.
limit=$((SECONDS + ${2:-540}))
left() { echo $((limit > SECONDS + $1 ? limit - SECONDS - $1 : 1)); }

# PyTorch's steps compile while the checks run, and wait for their turn. Its own
# search for kernels, max-autotune, takes minutes for each.
python=${LATHE_PEERS:-python3}
has_torch=0
"$python" -c 'import torch; assert torch.cuda.is_available()' &>/dev/null &&
  has_torch=1
declare -A peers
((has_torch)) && for peer in unet_16 unet_64 efficientnet_16 efficientnet_64; do
  TORCHINDUCTOR_COMPILE_THREADS=4 timeout "$(left 0)" \
    "$python" "benchmarks/peers/${peer%_*}_torch.py" --device cuda \
    --batch "${peer#*_}" --steps 310 --compile reduce-overhead \
    --wait "$work/$peer" &>"$work/$peer.log" &
  peers[$peer]=$!
done
# await_peer PEER SECONDS: until it has compiled, ended, or so much time is left.
await_peer() {
  while [[ ! -e $work/$1.ready ]] && kill -0 "${peers[$1]}" 2>/dev/null &&
    (($(left "$2") > 1)); do
    sleep 0.2
  done
}

# begin NAME COMMAND...: a check in the background, whose row end_checks adds.
# What it tries out beside others is no measure of what is fastest, and threads
# that wait busily would keep the peers from compiling.
checks=()
begin() {
  local name=$1 file=$work/check_${#checks[@]}
  shift
  checks+=("$name")
  (
    start=$SECONDS code=0
    # What a sanitizer has started would outlive it.
    XDG_CACHE_HOME=$work/cache OMP_WAIT_POLICY=passive \
      timeout --kill-after 1 "$(left 120)" "$@" &>"$file.log" || code=$?
    echo "$code $((SECONDS - start))" >"$file.result"
  ) &
  running+=($!)
}
end_checks() {
  wait "${running[@]}"
  local i code seconds
  for i in "${!checks[@]}"; do
    read -r code seconds <"$work/check_$i.result"
    if ((code == 0)); then
      row "${checks[i]}" "passes, $seconds s"
    elif ((code == 124 || code == 137)); then
      row "${checks[i]}" "not finished after $seconds s"
    else
      echo "== ${checks[i]}"
      tail -40 "$work/check_$i.log"
      row "${checks[i]}" "**FAILS**"
      failed=1
    fi
  done
}

running=()
begin "kernels against the reference; capture, resume bit for bit" \
  "$bin/test_cuda_device"
begin "U-Net against Keras: prediction, gradients, ten steps" \
  env LATHE_TEST_DEVICE=cuda "$bin/test_train" --gtest_filter='KerasParity.*'
begin "EfficientNet against Keras: predictions, gradients, ten steps" \
  env LATHE_TEST_DEVICE=cuda "$bin/test_models" \
  --gtest_filter='EfficientNetParity.*'
if command -v compute-sanitizer >/dev/null; then
  # The libraries' kernels are NVIDIA's, and some of them read beyond what they
  # are given.
  own='Kernel*:CudaKernels.*:-*MatrixProduct*:*TrainingStep*'
  for test in Agrees Keeps Computes Takes Ends; do
    own+=":KernelConvolution.$test*"
  done
  for tool in memcheck racecheck; do
    begin "own kernels under $tool" compute-sanitizer \
      --tool "$tool" --error-exitcode 1 "$bin/test_cuda_device" \
      --gtest_filter="$own"
  done
else
  row "own kernels under memcheck, racecheck" "no compute-sanitizer here"
fi
end_checks

# The milliseconds and megabytes that a log ends with.
timing_of() {
  sed -nE '$s/median ([0-9.]+) ms.*peak ([0-9]+) MB/\1 ms, \2 MB/p' "$1"
}
# time_step NAME COMMAND...: a row with those of its last line.
time_step() {
  local name=$1
  shift
  echo "== $name"
  if (($(left 20) == 1)); then
    row "$name" "left out, for time"
  elif timeout 90 "$@" &>"$work/log"; then
    row "$name" "$(timing_of "$work/log")"
  else
    tail -5 "$work/log"
    row "$name" "no result"
  fi
}
# time_peer NAME PEER: the same of one that waits.
time_peer() {
  echo "== $1"
  await_peer "$2" 40
  if [[ -e $work/$2.ready ]]; then
    touch "$work/$2"
    wait "${peers[$2]}"
  fi
  local result
  result=$(timing_of "$work/$2.log")
  [[ -n $result ]] || tail -3 "$work/$2.log"
  row "$1" "${result:-no result}"
}

# All that compile are to be through before anything is timed.
for peer in "${!peers[@]}"; do await_peer "$peer" 95; done
for model in unet efficientnet_b0; do
  for batch in 16 64; do
    size=(--batch "$batch" --steps 300 --device cuda)
    step=("$bin/benchmark_step" --model "$model" "${size[@]}")
    time_step "$model step, batch $batch, fp32" "${step[@]}"
    time_step "$model step, batch $batch, bf16" "${step[@]}" --precision bf16
    time_step "$model step, batch $batch, bf16, without capture" \
      "${step[@]}" --precision bf16 --no-capture
    ((has_torch)) && time_peer "$model step, batch $batch, bf16, PyTorch compiled" \
      "${model%%_*}_$batch"
  done
done

# The loader's workers, or the step: milliseconds a step of the second epoch, and
# of them those waited for data.
for place in loader step; do
  name="U-Net with augmentation in the $place, batch 16"
  echo "== $name"
  if timeout 120 "$bin/train_segmentation" --device cuda --scenes 640 \
    --epochs 2 --augment flip=horizontal_and_vertical,rotation=0.1,zoom=0.2 \
    --augment-at "$place" --output "$work/$place" &>"$work/log"; then
    row "$name" "$(awk -F, '$2 == 2 {
        ++n; all += $4; waited += $5
      } END {
        printf "%.2f ms, %.2f of them waiting for data", all / n, waited / n
      }' "$work/$place/steps.csv")"
  else
    tail -5 "$work/log"
    row "$name" "no result"
  fi
done

echo
"$bin/lathe_info"
date -u '+date           %Y-%m-%d'
echo
printf '| what | result |\n|---|---|\n'
printf '%s\n' "${rows[@]}"
exit "$failed"
