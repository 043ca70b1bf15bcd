"""Writes geometry.h5: what Keras' shear, perspective, crops and resizing make.

python geometry.py, with Keras 3.15.1, its JAX backend and h5py. "images" and
"masks" are what they are applied to. "shear" holds the slopes (x, y) and, for
each of them and each fill mode, the images by both interpolations and the
masks. "perspective" holds how far the corners move (top left, top right, bottom
left, bottom right, each x and y, in parts of width - 1 and height - 1), and what
keras.ops.image.perspective_transform makes of them: the layer itself never moves
the first corner. "crop" and "resize" hold images and masks of their sizes, and
"bicubic" what resizing without antialiasing makes.
"""
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "jax")

import h5py
import keras
import numpy as np
from keras import layers

FILL_MODES = ["constant", "nearest", "reflect", "wrap"]
FILL_VALUE = 0.25
SHEAR = [[0.2371, 0.0], [-0.4129, 0.1677]]
PERSPECTIVE = [[0.0, 0.0, 0.11, -0.07, 0.05, 0.13, -0.17, -0.09],
               [0.12, 0.19, -0.21, 0.03, -0.08, -0.15, 0.14, 0.06]]
CROP = {"height": 5, "width": 7, "top": 3, "left": 2}
SIZES = [(13, 17), (5, 7)]

random = np.random.default_rng(5)
IMAGES = random.uniform(0, 1, (1, 9, 12, 2)).astype(np.float32)
MASKS = random.integers(0, 4, (1, 9, 12, 1)).astype(np.uint8)
FLOAT_MASKS = MASKS.astype(np.float32)


def save(file, name, values, dtype=np.float32):
    values = keras.ops.convert_to_numpy(values)
    file.create_dataset(name, data=np.asarray(values).astype(dtype))


def write_shear(file):
    save(file, "shear/factors", SHEAR)
    for i, (x, y) in enumerate(SHEAR):
        drawn = {"shear_factor": np.float32([[x, y]]),
                 "input_shape": IMAGES.shape}
        for mode in FILL_MODES:
            for interpolation in ["nearest", "bilinear"]:
                layer = layers.RandomShear(
                    1, 1, fill_mode=mode, fill_value=FILL_VALUE,
                    interpolation=interpolation)
                save(file, f"shear/{i}/{mode}/{interpolation}",
                     layer.transform_images(IMAGES, drawn))
            # The fill value, cut to a class, is 0.
            masks = layer.transform_segmentation_masks(FLOAT_MASKS, drawn)
            save(file, f"shear/{i}/{mode}/masks", masks, np.uint8)


def write_perspective(file):
    save(file, "perspective/moves", PERSPECTIVE)
    extents = np.float32([11, 8])
    start = np.float32([[0, 0], [1, 0], [0, 1], [1, 1]]) * extents
    for i, moves in enumerate(PERSPECTIVE):
        end = start + np.float32(moves).reshape(4, 2) * extents
        for interpolation in ["nearest", "bilinear"]:
            def transform(images):
                return keras.ops.image.perspective_transform(
                    images, start[None], end[None],
                    interpolation=interpolation, fill_value=FILL_VALUE,
                    data_format="channels_last")
            save(file, f"perspective/{i}/{interpolation}", transform(IMAGES))
            if interpolation == "nearest":
                save(file, f"perspective/{i}/masks", transform(FLOAT_MASKS),
                     np.uint8)


def write_crop(file):
    layer = layers.RandomCrop(CROP["height"], CROP["width"])
    drawn = (CROP["top"], CROP["left"])
    save(file, "crop/images", layer.transform_images(IMAGES, drawn))
    save(file, "crop/masks",
         layer.transform_segmentation_masks(FLOAT_MASKS, drawn), np.uint8)
    layer = layers.CenterCrop(CROP["height"], CROP["width"])
    save(file, "center_crop/images", layer(IMAGES))
    save(file, "center_crop/masks", layer(FLOAT_MASKS), np.uint8)


def write_resize(file):
    for i, size in enumerate(SIZES):
        for interpolation in ["nearest", "bilinear", "bicubic"]:
            layer = layers.Resizing(*size, interpolation=interpolation)
            save(file, f"resize/{i}/{interpolation}", layer(IMAGES))
        save(file, f"resize/{i}/masks",
             layers.Resizing(*size, interpolation="nearest")(FLOAT_MASKS),
             np.uint8)


path = pathlib.Path(__file__).with_name("geometry.h5")
with h5py.File(path, "w", libver="latest") as golden:
    save(golden, "images", IMAGES)
    save(golden, "masks", MASKS, np.uint8)
    write_shear(golden)
    write_perspective(golden)
    write_crop(golden)
    write_resize(golden)
