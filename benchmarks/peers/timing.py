"""What the peers share: options, the timing of a step, the line that
compare.py reads."""
import argparse
import resource
import statistics
import time


def parse(description):
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inference", action="store_true")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--precision", choices=["fp32", "bf16"],
                        default="fp32",
                        help="bf16: with the framework's mixed precision")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu",
                        help="PyTorch's; on a GPU in bfloat16, compiled")
    parser.add_argument("--compile", default="max-autotune",
                        choices=["reduce-overhead", "max-autotune"],
                        help="on a GPU: both record CUDA graphs, the second "
                        "also searches for kernels, for minutes")
    return parser.parse_args()


def processor():
    """Milliseconds the process has computed, on all its threads."""
    return 1e3 * resource.getrusage(resource.RUSAGE_SELF).ru_utime


def measure(step, steps, first=3, device="cpu"):
    """Runs the step and prints its times, without those of the first ones,
    which compile and touch memory."""
    cuda = None
    if device == "cuda":
        from torch import cuda
    times = []
    for i in range(steps):
        if i == first:
            before = processor()
        start = time.perf_counter()
        step()
        if cuda:
            cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - start))
    spent = (processor() - before) / (steps - first)
    times = times[first:]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if cuda:
        peak = cuda.max_memory_reserved() / 2**20
    print(f"median {statistics.median(times):.1f} ms, "
          f"min {min(times):.1f} ms, processor {spent:.1f} ms, "
          f"peak {peak:.0f} MB")
