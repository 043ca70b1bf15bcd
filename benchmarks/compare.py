"""Times lathe beside its peers, taking turns, and prints a Markdown table.

usage: compare.py --lathe build/bin --python PYTHON [--rounds N] [WORK ...]
PYTHON is an interpreter with benchmarks/peers/requirements.txt installed. WORK
is of: step inference. The peers run at their best on a CPU: channels_last and,
where the library is there, jemalloc that keeps its pages.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess

HERE = pathlib.Path(__file__).parent
JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"


def environment(jemalloc):
    result = dict(os.environ)
    if jemalloc and os.path.exists(JEMALLOC):
        result["LD_PRELOAD"] = JEMALLOC
        result["MALLOC_CONF"] = (
            "oversize_threshold:1,dirty_decay_ms:-1,muzzy_decay_ms:-1")
    return result


def measure(command, jemalloc):
    output = subprocess.run(
        command, env=environment(jemalloc), capture_output=True, text=True,
        check=True).stdout
    found = re.search(r"median ([\d.]+) ms.*peak (\d+) MB", output)
    return float(found[1]), int(found[2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lathe", default="build/bin")
    parser.add_argument("--python", default="python3")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("work", nargs="*", default=["step", "inference"])
    options = parser.parse_args()
    for work in options.work or ["step", "inference"]:
        extra = ["--inference"] if work == "inference" else []
        lathe = str(pathlib.Path(options.lathe) / "benchmark_step")
        torch = [options.python, str(HERE / "peers" / "unet_torch.py")]
        keras = [options.python, str(HERE / "peers" / "unet_keras.py")]
        commands = {
            "lathe": ([lathe] + extra, False),
            "lathe, no passes": ([
                lathe, "--without", "fold_upsampling", "--without",
                "fuse_normalization", "--without", "join_loss"] + extra,
                False),
            "PyTorch channels_last, jemalloc": (torch + extra, True),
            "Keras, TensorFlow, jemalloc": (keras + extra, True),
        }
        times = {name: [] for name in commands}
        peaks = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, (command, jemalloc) in commands.items():
                time, peak = measure(command, jemalloc)
                times[name].append(time)
                peaks[name].append(peak)
        best = statistics.median(times["lathe"])
        print(f"\n| U-Net {work}, 224x224, batch 16, float32 | ms | "
              "lathe takes of it | peak MB |")
        print("|---|---|---|---|")
        for name in commands:
            time = statistics.median(times[name])
            print(f"| {name} | {time:.0f} | {best / time:.2f} | "
                  f"{statistics.median(peaks[name]):.0f} |")


main()
