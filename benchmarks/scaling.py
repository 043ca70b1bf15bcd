"""Measures how a training step's cost grows with batch and image side, what a
second thread is worth, and how even 200 steps are.

usage: scaling.py [--lathe build/bin] [--results FILE] [--rounds N]
                  [--seconds S] [--picture SVG]
Appends measurements to FILE and, after S seconds, leaves the rest to the next
call; then prints tables of what FILE has and draws the picture. Of each point
the least time of all rounds counts, which other work disturbs least.
"""
import argparse
import json
import math
import os
import pathlib
import re
import subprocess
import time

MODELS = ("unet", "efficientnet_b0")
TITLES = {"unet": "U-Net", "efficientnet_b0": "EfficientNetB0"}
BATCHES = (1, 2, 4, 8, 16, 32)
SIDES = (128, 160, 192, 224, 256, 320, 384, 448, 512)
SIDE = 224  # of the batches
BATCH = 4  # of the sides
PIXELS = 16 * 224 * 224  # what takes about a second


def points():
    """Model, batch, side, threads, steps; the short ones in more steps."""
    for model in MODELS:
        for batch, side in ([(batch, SIDE) for batch in BATCHES] +
                            [(BATCH, side) for side in SIDES]):
            steps = round(4 * PIXELS / (batch * side * side))
            yield model, batch, side, 2, 3 + min(max(steps, 4), 60)
            if batch == 16:  # Beside the other, for machines change.
                yield model, batch, side, 1, 9
        yield model, BATCH, SIDE, 2, 203


def measure(lathe, point):
    model, batch, side, threads, steps = point
    command = [str(pathlib.Path(lathe) / "benchmark_step"), "--model", model,
               "--batch", str(batch), "--size", str(side),
               "--steps", str(steps)]
    output = subprocess.run(
        command, env=dict(os.environ, OMP_NUM_THREADS=str(threads)),
        capture_output=True, text=True, check=True).stdout
    found = re.search(
        r"longest ([\d.]+) ms, (\d+) of (\d+) steps .*, (\d+) uninterrupted\n"
        r"work ([\d.]+) GFLOP\nmedian ([\d.]+) ms, min ([\d.]+) ms", output)
    names = ("longest", "slow", "steps", "uninterrupted", "work", "median",
             "least")
    return dict(zip(names, map(float, found.groups())))


def read(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file]


def complete(options):
    """Measures what is missing, while there is time."""
    begin = time.monotonic()
    counts = {}
    for entry in read(options.results):
        key = tuple(entry["point"])
        counts[key] = counts.get(key, 0) + 1
    for number in range(options.rounds):
        for point in dict.fromkeys(points()):
            # Of many steps one round says enough.
            if counts.get(point, 0) > (0 if point[4] > 200 else number):
                continue
            if time.monotonic() - begin > options.seconds:
                print("not all is measured: call again")
                return
            entry = {"point": point, **measure(options.lathe, point)}
            with open(options.results, "a") as file:
                file.write(json.dumps(entry) + "\n")


def least(entries, model, batch, side, threads=2):
    found = [entry for entry in entries
             if entry["point"][:4] == [model, batch, side, threads]]
    if not found:
        return None
    return found[0]["work"], min(entry["least"] for entry in found)


def line_through(measured):
    """a + b work with the least squares of relative errors."""
    s = [0.0] * 5
    for work, time_ in measured:
        x, y = 1 / time_, work / time_
        s = [s[0] + x * x, s[1] + x * y, s[2] + y * y, s[3] + x, s[4] + y]
    determinant = s[0] * s[2] - s[1] * s[1]
    return ((s[3] * s[2] - s[4] * s[1]) / determinant,
            (s[0] * s[4] - s[1] * s[3]) / determinant)


def sweeps(entries, model):
    """What is varied, its values, and for each work and time."""
    for name, keys in (
            (f"batch, at {SIDE} x {SIDE}", [(b, b, SIDE) for b in BATCHES]),
            (f"side, {BATCH} images", [(s, BATCH, s) for s in SIDES])):
        found = [(label, least(entries, model, batch, side))
                 for label, batch, side in keys]
        found = [(label, point) for label, point in found if point]
        if len(found) > 2:
            yield name, *zip(*found)


def print_tables(entries):
    for model in MODELS:
        for name, labels, measured in sweeps(entries, model):
            a, b = line_through(measured)
            print(f"\n{TITLES[model]}, {name}: {a:.2f} ms + "
                  f"{b:.3f} ms a GFLOP\n")
            print("| | " + " | ".join(map(str, labels)) + " |")
            print("|---|" + "---|" * len(labels))
            print("| ms | " + " | ".join(f"{t:.1f}" for _, t in measured) +
                  " |")
            print("| of the line | " + " | ".join(
                f"{t / (a + b * w):.2f}" for w, t in measured) + " |")
    for model in MODELS:
        one = least(entries, model, 16, SIDE, 1)
        two = least(entries, model, 16, SIDE)
        if one and two:
            print(f"\n{TITLES[model]}, 1 to 2 threads: {one[1]:.0f} to "
                  f"{two[1]:.0f} ms, {one[1] / two[1]:.2f}")
        for entry in entries:
            if entry["point"][0] == model and entry["steps"] == 200:
                print(f"{TITLES[model]}, {entry['steps']:.0f} steps: median "
                      f"{entry['median']:.1f} ms, longest "
                      f"{entry['longest']:.1f}, {entry['slow']:.0f} over 1.3 "
                      f"medians, {entry['uninterrupted']:.0f} of these while "
                      "nobody else ran")


WIDTH, HEIGHT, LEFT, TOP, GAP = 380, 260, 60, 40, 90


def panel(x, y, title, labels, measured):
    """A sweep in logarithmic axes, with its line."""
    a, b = line_through(measured)
    works, times = zip(*measured)

    def scale(values, low, high):
        first, last = math.log(min(values) / 1.3), math.log(max(values) * 1.3)
        return lambda v: low + (high - low) * (math.log(v) - first) / (
            last - first)
    at_x = scale(works, x, x + WIDTH)
    at_y = scale(times, y + HEIGHT, y)
    parts = [f'<text x="{x + WIDTH / 2}" y="{y - 12}" text-anchor="middle" '
             f'font-size="15">{title}</text>',
             f'<path d="M{x} {y}V{y + HEIGHT}H{x + WIDTH}" fill="none" '
             'stroke="#3c3c3c"/>',
             f'<text x="{x + WIDTH / 2}" y="{y + HEIGHT + 36}" '
             'text-anchor="middle">GFLOP a step</text>']
    for axis, values in ((at_x, works), (at_y, times)):
        for power in range(-1, 6):
            for digit in (1, 2, 5):
                value = digit * 10.0 ** power
                if not min(values) / 1.3 < value < max(values) * 1.3:
                    continue
                if axis is at_x:
                    parts.append(
                        f'<path d="M{axis(value):.1f} {y}v{HEIGHT}" '
                        'stroke="#e4e4e4"/>'
                        f'<text x="{axis(value):.1f}" y="{y + HEIGHT + 18}" '
                        f'text-anchor="middle">{value:g}</text>')
                else:
                    parts.append(
                        f'<path d="M{x} {axis(value):.1f}h{WIDTH}" '
                        'stroke="#e4e4e4"/>'
                        f'<text x="{x - 6}" y="{axis(value) + 4:.1f}" '
                        f'text-anchor="end">{value:g}</text>')
    steps = [min(works) * (max(works) / min(works)) ** (i / 40)
             for i in range(41)]
    parts.append('<polyline fill="none" stroke="#ff7f0e" points="' + " ".join(
        f"{at_x(w):.1f},{at_y(a + b * w):.1f}" for w in steps) + '"/>')
    for label, (work, ms) in zip(labels, measured):
        parts.append(f'<circle cx="{at_x(work):.1f}" cy="{at_y(ms):.1f}" '
                     'r="4" fill="#1f77b4"/>'
                     f'<text x="{at_x(work) - 8:.1f}" '
                     f'y="{at_y(ms) - 6:.1f}" text-anchor="end">{label}'
                     '</text>')
    return "\n".join(parts)


def draw(entries, path):
    parts = []
    for row, model in enumerate(MODELS):
        for column, (name, labels, measured) in enumerate(
                sweeps(entries, model)):
            parts.append(panel(LEFT + column * (WIDTH + GAP),
                               TOP + row * (HEIGHT + GAP),
                               f"{TITLES[model]}: ms by {name}", labels,
                               measured))
    width, height = LEFT + 2 * (WIDTH + GAP) - GAP // 2, TOP + 2 * (
        HEIGHT + GAP) - GAP // 3
    with open(path, "w") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} '
            f'{height}" font-family="sans-serif" font-size="12" '
            'fill="#3c3c3c">\n<rect width="100%" height="100%" '
            'fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lathe", default="build/bin")
    parser.add_argument("--results", default="scaling.jsonl")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--picture", default="docs/pictures/scaling.svg")
    options = parser.parse_args()
    complete(options)
    entries = read(options.results)
    print_tables(entries)
    draw(entries, options.picture)


main()
