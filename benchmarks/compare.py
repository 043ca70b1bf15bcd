"""Times lathe beside its peers, taking turns, and prints a Markdown table.

usage: compare.py --lathe build/bin --python PYTHON [--rounds N]
                  [--model MODEL ...] [--batch N ...]
                  [--precision PRECISION ...] [WORK ...]
PYTHON is an interpreter with benchmarks/peers/requirements.txt installed. MODEL
is of: unet efficientnet_b0, PRECISION of: fp32 bf16, WORK of: step inference.
The peers run at their
best on a CPU: channels_last and, where the library is there, jemalloc that
keeps its pages. Of each, the median of the rounds' medians, the least time, and
what one step keeps the processors computing, which other work on the machine
disturbs least; behind each what lathe takes of it.
"""
import argparse
import itertools
import os
import pathlib
import re
import statistics
import subprocess

HERE = pathlib.Path(__file__).parent
JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"
PASSES = ("fold_upsampling", "merge_upsampling", "fuse_normalization",
          "join_loss", "fold_padding", "fold_normalization",
          "fuse_fixed_normalization", "fuse_convolution", "remove_zero_sums",
          "fold_mean_gradient", "fold_gate", "join_expansion",
          "join_normalization_gradient", "join_expansion_gradient",
          "join_means")
PEERS = {"unet": "unet", "efficientnet_b0": "efficientnet"}


def environment(jemalloc):
    result = dict(os.environ)
    if jemalloc and os.path.exists(JEMALLOC):
        result["LD_PRELOAD"] = JEMALLOC
        result["MALLOC_CONF"] = (
            "oversize_threshold:1,dirty_decay_ms:-1,muzzy_decay_ms:-1")
    return result


def measure(command, jemalloc):
    """Median, minimum, processor's milliseconds, and peak megabytes."""
    output = subprocess.run(
        command, env=environment(jemalloc), capture_output=True, text=True,
        check=True).stdout
    found = re.search(r"median ([\d.]+) ms, min ([\d.]+) ms, "
                      r"processor ([\d.]+) ms, peak (\d+) MB", output)
    return [float(number) for number in found.groups()]


def commands_for(options, model, precision, work, batch):
    steps = 12 if batch > 1 else 50
    extra = ["--batch", str(batch), "--steps", str(steps),
             "--precision", precision]
    if work == "inference":
        extra.append("--inference")
    lathe = [str(pathlib.Path(options.lathe) / "benchmark_step"),
             "--model", model]
    without = [part for name in PASSES for part in ("--without", name)]
    peer = [options.python, str(HERE / "peers" / PEERS[model])]
    return {
        "lathe": (lathe + extra, False),
        "lathe, no passes": (lathe + without + extra, False),
        "PyTorch channels_last, jemalloc": (
            [peer[0], peer[1] + "_torch.py"] + extra, True),
        "Keras, TensorFlow, jemalloc": (
            [peer[0], peer[1] + "_keras.py"] + extra, True),
    }


def compare(options, model, precision, work, batch):
    commands = commands_for(options, model, precision, work, batch)
    rounds = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, (command, jemalloc) in commands.items():
            rounds[name].append(measure(command, jemalloc))

    def summary(name):
        medians, least, processor, peaks = zip(*rounds[name])
        return (statistics.median(medians), min(least),
                statistics.median(processor), statistics.median(peaks))

    own = summary("lathe")
    print(f"\n| {model} {work}, 224x224, batch {batch}, {precision} | median ms | "
          "least ms | processor ms | peak MB |")
    print("|---|---|---|---|---|")
    for name in commands:
        cells = [f"{theirs:.{1 if theirs < 100 else 0}f} ({ours / theirs:.2f})"
                 for ours, theirs in zip(own, summary(name))]
        print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lathe", default="build/bin")
    parser.add_argument("--python", default="python3")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", nargs="+", choices=PEERS,
                        default=list(PEERS))
    parser.add_argument("--precision", nargs="+", default=["fp32"])
    parser.add_argument("--batch", type=int, nargs="+", default=[16])
    parser.add_argument("work", nargs="*", default=["step", "inference"])
    options = parser.parse_args()
    for setting in itertools.product(options.model, options.precision,
                                     options.work, options.batch):
        compare(options, *setting)


main()
