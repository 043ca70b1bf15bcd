#!/usr/bin/env bash
# On a machine with a GPU: builds for it, tests on it, times a step beside
# PyTorch's, and prints all of it as one table, in less than ten minutes.
#   scripts/gpu_check.sh [BUILD_FOLDER]
# With a folder it takes what is built there. LATHE_PEERS is a Python that has
# benchmarks/peers/requirements.txt; without PyTorch for CUDA its rows are left
# out. Exits with 1 where a test fails, and with 77 where there is no GPU.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

if ! compgen -G '/dev/nvidia[0-9]*' >/dev/null && ! nvidia-smi -L &>/dev/null
then
  echo "gpu_check: there is no NVIDIA GPU here; nothing was checked" >&2
  exit 77
fi
if (($# > 1)) || [[ "${1:-}" == -* ]]; then
  echo "usage: scripts/gpu_check.sh [BUILD_FOLDER]" >&2
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
trap 'rm -rf "$work"' EXIT

rows=()
row() { rows+=("| $1 | $2 |"); }
failed=0
# Seconds of which the checks and the timings should use no more.
limit=$((SECONDS + 540))

# check NAME COMMAND...: a row that says how it went, its output where it failed.
check() {
  local name=$1 start=$SECONDS code=0
  shift
  echo "== $name"
  timeout $((limit > SECONDS ? limit - SECONDS : 1)) "$@" &>"$work/log" || code=$?
  if ((code == 0)); then
    row "$name" "passes, $((SECONDS - start)) s"
  elif ((code == 124)); then
    row "$name" "not finished after $((SECONDS - start)) s"
  else
    tail -40 "$work/log"
    row "$name" "**FAILS**"
    failed=1
  fi
}

check "kernels against the reference; capture, resume bit for bit" \
  "$bin/test_cuda_device"
check "U-Net against Keras: prediction, gradients, ten steps" \
  env LATHE_TEST_DEVICE=cuda "$bin/test_train" --gtest_filter='KerasParity.*'
check "EfficientNet against Keras: predictions, gradients, ten steps" \
  env LATHE_TEST_DEVICE=cuda "$bin/test_models" \
  --gtest_filter='EfficientNetParity.*'
if command -v compute-sanitizer >/dev/null; then
  # The libraries' kernels are NVIDIA's.
  own='Kernel*:CudaKernels.*:-*Convolution*:*MatrixProduct*:*TrainingStep*'
  for tool in memcheck racecheck; do
    check "own kernels under $tool" timeout 60 compute-sanitizer \
      --tool "$tool" --error-exitcode 1 "$bin/test_cuda_device" \
      --gtest_filter="$own"
  done
else
  row "own kernels under memcheck, racecheck" "no compute-sanitizer here"
fi

# time_step NAME COMMAND...: milliseconds and megabytes of its last line.
time_step() {
  local name=$1
  shift
  echo "== $name"
  if ((SECONDS > limit - 20)); then
    row "$name" "left out, for time"
  elif timeout 90 "$@" &>"$work/log"; then
    row "$name" "$(sed -nE '$s/median ([0-9.]+) ms.*peak ([0-9]+) MB/\1 ms, \2 MB/p' \
      "$work/log")"
  else
    tail -5 "$work/log"
    row "$name" "no result"
  fi
}

python=${LATHE_PEERS:-python3}
has_torch=0
"$python" -c 'import torch; assert torch.cuda.is_available()' &>/dev/null &&
  has_torch=1
for model in unet efficientnet_b0; do
  for batch in 16 64; do
    size=(--batch "$batch" --steps 300 --device cuda)
    step=("$bin/benchmark_step" --model "$model" "${size[@]}")
    time_step "$model step, batch $batch, fp32" "${step[@]}"
    time_step "$model step, batch $batch, bf16" "${step[@]}" --precision bf16
    time_step "$model step, batch $batch, bf16, without capture" \
      "${step[@]}" --precision bf16 --no-capture
    # Its search for kernels, max-autotune, takes minutes for each.
    ((has_torch)) && time_step "$model step, batch $batch, bf16, PyTorch compiled" \
      "$python" "benchmarks/peers/${model%%_*}_torch.py" "${size[@]}" \
      --compile reduce-overhead
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
