"""Writes mixing.h5: what Keras' MixUp and CutMix compute.

python mixing.py, with Keras 3.15.1 and h5py. Images and one-hot labels of four
samples, the partner of each, and what the layers make of them at fixed weights;
of CutMix also where the rectangles are, as parts of what they leave.
"""
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "jax")

import h5py
import keras
import numpy as np
from keras import layers

random = np.random.default_rng(4)
SHAPE = (4, 9, 14, 3)
IMAGES = random.uniform(0, 1, SHAPE).astype(np.float32)
LABELS = np.eye(5, dtype=np.float32)[[2, 0, 4, 1]]
PARTNERS = np.int32([1, 3, 0, 2])
WEIGHTS = np.float32([0.9, 0.31, 0.62, 0.07])
LEFT = np.float32([0.3, 0.95, 0.0, 0.51])
TOP = np.float32([0.77, 0.12, 0.999, 0.4])


def bounds(part, extent):
    length = np.sqrt(np.float32(1) - WEIGHTS) * np.float32(extent)
    start = part * (np.float32(extent) - length)
    return start, start + length


def main():
    mix_up = layers.MixUp()
    drawn = {"mix_weight": WEIGHTS, "permutation_order": PARTNERS}
    arrays = {
        "images": IMAGES,
        "labels": LABELS,
        "partners": PARTNERS,
        "weights": WEIGHTS,
        "left": LEFT,
        "top": TOP,
        "mixup/images": mix_up.transform_images(IMAGES, drawn),
        "mixup/labels": mix_up.transform_labels(LABELS, drawn),
    }
    cut_mix = layers.CutMix()
    masks, weights = cut_mix._generate_batch_mask(
        SHAPE, (*bounds(LEFT, SHAPE[2]), *bounds(TOP, SHAPE[1])))
    drawn = {"batch_masks": masks, "mix_weight": weights,
             "permutation_order": PARTNERS}
    arrays["cutmix/images"] = cut_mix.transform_images(IMAGES, drawn)
    arrays["cutmix/labels"] = cut_mix.transform_labels(LABELS, drawn)
    path = pathlib.Path(__file__).with_suffix(".h5")
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = keras.__version__
        for name, array in arrays.items():
            file[name] = keras.ops.convert_to_numpy(array)


if __name__ == "__main__":
    main()
