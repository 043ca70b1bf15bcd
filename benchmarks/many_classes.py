"""Trains a U-Net of many classes with lathe and with Keras, and compares.

    peers/bin/python benchmarks/many_classes.py --lathe build/bin \
        --train IMAGES MASKS --val IMAGES MASKS --classes 11 \
        --mask-values 0=0,1=1,...,11=ignore

Both have the same architecture, data, batches and optimizer, and start from
weights of their own; Keras' model is what lathe wrote with its weights drawn
anew. lathe's `evaluate` measures both, on the validation images. Prints a table.
Keras' normalisations are tried with several momentums, for its usual one leaves
the moving statistics of short trainings near their start.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
IGNORED = 255


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lathe", type=pathlib.Path, required=True)
    parser.add_argument("--train", nargs=2, type=pathlib.Path, required=True)
    parser.add_argument("--val", nargs=2, type=pathlib.Path, required=True)
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--mask-values", required=True)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--momentum", nargs="*", type=float, default=[0.99, 0.9])
    return parser.parse_args()


def train_lathe(options, seed, output):
    subprocess.run(
        [options.lathe / "train_segmentation",
         "--images", options.train[0], "--masks", options.train[1],
         "--val-fraction", "0", "--classes", str(options.classes),
         "--mask-values", options.mask_values, "--size", str(options.size),
         "--epochs", str(options.epochs), "--seed", str(seed),
         "--augment-at", "none",
         "--checkpoint", "model.keras", "--output", output],
        check=True, stdout=subprocess.DEVNULL)
    return output / "model.keras"


def class_map(text):
    """What each value of a mask means, as --mask-values says it."""
    classes = [IGNORED] * 256
    for pair in text.split(","):
        value, meaning = pair.split("=")
        classes[int(value)] = IGNORED if meaning == "ignore" else int(meaning)
    return classes


def train_keras(options, seed, momentum, model_file, output):
    import keras
    import numpy
    from PIL import Image

    def read(path, filter):
        size = (options.size, options.size)
        return numpy.asarray(Image.open(path).resize(size, filter))

    def drawn_anew(layer):
        config = layer.get_config()
        if isinstance(layer, keras.layers.BatchNormalization):
            config["momentum"] = momentum
        return layer.__class__.from_config(config)

    images, masks = [], []
    for path in sorted(options.train[0].iterdir()):
        mask = options.train[1] / (path.stem + ".png")
        images.append(read(path, Image.Resampling.BILINEAR))
        masks.append(read(mask, Image.Resampling.NEAREST))
    meaning = numpy.array(class_map(options.mask_values))
    keras.utils.set_random_seed(seed)
    model = keras.models.clone_model(keras.models.load_model(model_file),
                                     clone_function=drawn_anew)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=IGNORED))
    model.fit(numpy.stack(images).astype("float32") / 255,
              meaning[numpy.stack(masks)][..., None],
              batch_size=16, epochs=options.epochs, verbose=0)
    model.save(output)
    return output


def measured(options, model_file, output):
    subprocess.run(
        [options.lathe / "evaluate", "--model", model_file,
         "--images", options.val[0], "--masks", options.val[1],
         "--mask-values", options.mask_values, "--output", output],
        check=True, stdout=subprocess.DEVNULL)
    return json.loads((output / "metrics.json").read_text())


def main():
    options = arguments()
    print("| trained by | seed | accuracy | mean IoU |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for seed in range(options.seeds):
            first = train_lathe(options, seed, folder / f"lathe{seed}")
            runs = {"lathe": first}
            for momentum in options.momentum:
                runs[f"Keras, momentum {momentum}"] = train_keras(
                    options, seed, momentum, first,
                    folder / f"keras{seed}-{momentum}.keras")
            for name, file in runs.items():
                found = measured(options, file, folder / f"{file.stem}-found")
                print(f"| {name} | {seed} | {found['accuracy']:.3f} "
                      f"| {found['mean_iou']:.3f} |", flush=True)


if __name__ == "__main__":
    main()
