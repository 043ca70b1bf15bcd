"""What the peers share: options, the timing of a step, the line that
compare.py reads."""
import argparse
import os
import pathlib
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
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"],
                        default="fp32",
                        help="tf32: where the framework has it; bf16: with "
                        "its mixed precision")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu",
                        help="PyTorch's; on a GPU in bfloat16, compiled")
    parser.add_argument("--compile", default="max-autotune",
                        choices=["reduce-overhead", "max-autotune"],
                        help="on a GPU: both record CUDA graphs, the second "
                        "also searches for kernels, for minutes")
    parser.add_argument("--wait", metavar="FILE",
                        help="after the first steps, which compile, makes "
                        "FILE.ready and begins to measure where FILE is")
    return parser.parse_args()


def processor():
    """Milliseconds the process has computed, on all its threads."""
    return 1e3 * resource.getrusage(resource.RUSAGE_SELF).ru_utime


def wait_for(file):
    pathlib.Path(f"{file}.ready").touch()
    while not os.path.exists(file):
        time.sleep(0.05)


def measure(step, steps, device="cpu", wait=None):
    """Runs the step and prints its times, without those of the first ones,
    which compile and touch memory. A GPU is given ten steps before it is
    waited for."""
    first, at_once, cuda = 3, 1, None
    if device == "cuda":
        from torch import cuda
        first, at_once = 10, 10

    def run(count):
        start = time.perf_counter()
        for _ in range(count):
            step()
        if cuda:
            cuda.synchronize()
        return 1e3 * (time.perf_counter() - start) / count

    run(first)
    if wait:
        wait_for(wait)
    before = processor()
    times = [run(at_once) for _ in range(first, steps, at_once)]
    spent = (processor() - before) / (len(times) * at_once)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if cuda:
        peak = cuda.max_memory_reserved() / 2**20
    print(f"median {statistics.median(times):.2f} ms, "
          f"min {min(times):.2f} ms, processor {spent:.1f} ms, "
          f"peak {peak:.0f} MB")
