"""Times augmentations beside other libraries, taking turns, and prints a
Markdown table.

usage: compare_augmentation.py --lathe build/bin --python PYTHON [--size N]
                               [--threads N] [--rounds N] [--peer LIBRARY]
                               [CASE ...]
PYTHON is an interpreter with benchmarks/peers/requirements.txt installed.
Images a second of each, the best of the rounds; behind each peer how many times
as fast lathe is.
"""
import argparse
import pathlib
import subprocess

PEERS = ("albumentations", "torchvision", "kornia", "keras")
HERE = pathlib.Path(__file__).parent
AFFINE = "flip,rotation=0.1,zoom=0.2"
JITTER = ("color_jitter(brightness=0.2,contrast=0.2,saturation=0.2,hue=0.05),"
          "erasing(p=0.5)")
CASES = {
    "flip, rotation, zoom": AFFINE,
    "with jitter and erasing": f"{AFFINE},{JITTER}",
    "flip": "flip",
    "rotation": "rotation=0.1",
    "zoom": "zoom=0.2",
    "translation": "translation=0.2",
    "shear": "shear=0.2",
    "perspective": "perspective",
    "resized crop": "resized_crop",
    "elastic": "elastic",
    "grid distortion": "grid_distortion",
    "optical distortion": "optical_distortion",
    "brightness": "brightness=0.2",
    "contrast": "contrast=0.2",
    "saturation": "saturation=0.2",
    "hue": "hue=0.05",
    "color jitter":
        "color_jitter(brightness=0.2,contrast=0.2,saturation=0.2,hue=0.05)",
    "grayscale": "grayscale(p=1)",
    "gamma": "gamma",
    "channel shuffle": "channel_shuffle",
    "invert": "invert(p=1)",
    "solarize": "solarize",
    "posterize": "posterize",
    "autocontrast": "autocontrast",
    "equalize": "equalize",
    "clahe": "clahe",
    "sharpness": "sharpness",
    "gaussian blur": "gaussian_blur",
    "motion blur": "motion_blur",
    "gaussian noise": "gaussian_noise",
    "salt and pepper": "salt_and_pepper",
    "jpeg": "jpeg",
    "erasing": "erasing",
    "grid mask": "grid_mask",
    "mixup": "mixup",
    "cutmix": "cutmix",
}
WITH_MASKS = ("flip, rotation, zoom", "with jitter and erasing")


def run(command):
    output = subprocess.run(command, capture_output=True, text=True,
                            check=True).stdout
    pairs = (line.rsplit("\t", 1) for line in output.splitlines()
             if "\t" in line)
    return {name: float(figure) for name, figure in pairs}


def lathe(options, cases):
    found = {}
    for masks in (True, False):
        chosen = [case for case in cases if (case in WITH_MASKS) == masks]
        if not chosen:
            continue
        figures = run([str(pathlib.Path(options.lathe) / "benchmark_augmentation"),
                       "--size", str(options.size),
                       "--threads", str(options.threads),
                       *(["--masks"] if masks else []),
                       *(CASES[case] for case in chosen)])
        found |= {case: figures[CASES[case]] for case in chosen}
    return found


def peer(options, library, cases):
    return run([options.python, str(HERE / "peers" / "augmentation.py"), library,
                str(options.size), str(options.threads), *cases])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lathe", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peer", action="append", choices=PEERS,
                        help="beside this library only; may be repeated")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    cases = options.cases or list(CASES)
    peers = options.peer or PEERS

    best = {}
    for _ in range(options.rounds):
        turns = {"lathe": lathe(options, cases)}
        turns |= {library: peer(options, library, cases) for library in peers}
        for name, figures in turns.items():
            for case, figure in figures.items():
                key = (name, case)
                best[key] = max(best.get(key, 0), figure)

    print(f"| {options.size}x{options.size}, {options.threads} thread"
          f"{'s' if options.threads > 1 else ''} | lathe |", *(f"{p} |" for p in peers))
    print("|---|---|" + "---|" * len(peers))
    for case in cases:
        own = best["lathe", case]
        cells = [f"{best[p, case]:.0f} ({own / best[p, case]:.1f})"
                 if (p, case) in best else "" for p in peers]
        print(f"| {case} | {own:.0f} |", *(f"{cell} |" for cell in cells))


if __name__ == "__main__":
    main()
