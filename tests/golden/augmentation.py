"""Writes augmentation.h5: what Keras' augmentation layers compute.

python augmentation.py, with Keras 3.15.1, its JAX or PyTorch backend and h5py.
(TensorFlow's own sampler has no "mirror" and wraps otherwise.) A group a
layer; every range is a single point, so that nothing is left to chance. Each
holds the factors, and for each fill mode the images by both interpolations and
the masks. "affine" holds what the sampler itself makes of a row of numbers, and
"sequence" what flip, rotation and zoom make one by one. "colors" holds images
of values 0 to 1, grey and black pixels among them, and what layers make of them
with the numbers beside.
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
ROTATION = [0.0831, -0.3173]
ZOOM = [[0.2311, 0.4157], [-0.3719, -0.1291]]
ROW = np.float32([[1.113, 0.427, -9.37, -0.271, 1.773, -3.61, 0, 0]])
TRANSLATION = [[0.1371, -0.2873], [-0.4129, 0.0677]]

random = np.random.default_rng(1)
IMAGES = random.uniform(0, 1, (1, 9, 12, 2)).astype(np.float32)
MASKS = random.integers(0, 4, (1, 9, 12, 1)).astype(np.uint8)


def point(value):
    return (value, value)


def rotation(i, **options):
    return layers.RandomRotation(point(ROTATION[i]), **options)


def zoom(i, **options):
    return layers.RandomZoom(*map(point, ZOOM[i]), **options)


def translation(i, **options):
    return layers.RandomTranslation(*map(point, TRANSLATION[i]), **options)


def apply(layer, images, masks):
    # With PyTorch, affine_transform changes the matrix that it is given, so
    # each call gets its own: the draws are the same.
    def draw():
        return layer.get_random_transformation({"images": images})

    images = layer.transform_images(images, draw())
    masks = layer.transform_segmentation_masks(masks, draw())
    return (keras.ops.convert_to_numpy(images),
            keras.ops.convert_to_numpy(masks))


def write(file, name, make):
    for i in range(2):
        for mode in FILL_MODES:
            group = file.create_group(f"{name}/{i}/{mode}")
            for interpolation in ["nearest", "bilinear"]:
                layer = make(i, fill_mode=mode, interpolation=interpolation,
                             fill_value=FILL_VALUE)
                images, masks = apply(layer, IMAGES, MASKS.astype(np.float32))
                save(group, interpolation, images.astype(np.float32))
            # The fill value, cut to a class, is 0.
            save(group, "masks", masks.astype(np.uint8))


def save(group, name, values):
    group.create_dataset(name, data=np.asarray(values))


def write_affine(file):
    save(file, "affine/row", ROW)
    for mode in FILL_MODES + ["mirror"]:
        for interpolation in ["nearest", "bilinear"]:
            images = keras.ops.image.affine_transform(
                IMAGES, ROW, fill_mode=mode, interpolation=interpolation,
                fill_value=FILL_VALUE, data_format="channels_last")
            save(file, f"affine/{mode}/{interpolation}",
                 keras.ops.convert_to_numpy(images))


def write_colors(file):
    images = random.uniform(0, 1, (1, 9, 12, 3)).astype(np.float32)
    images[0, 0] = images[0, 0, :, :1]
    images[0, 1, ::2, 1] = images[0, 1, ::2, 0]
    images[0, 2, :4] = 0
    save(file, "colors/images", images)
    unit = {"value_range": (0, 1)}
    brightness = layers.RandomBrightness(0, **unit)
    contrast = layers.RandomContrast(0, **unit)
    saturation = layers.RandomSaturation(0, **unit)
    hue = layers.RandomHue(0, **unit)
    degeneration = layers.RandomColorDegeneration(0, **unit)
    invert = layers.RandomInvert(0, **unit)
    solarization = layers.Solarization(0, **unit)
    posterization = layers.RandomPosterization(8, **unit)

    def column(value):
        return np.full((1, 1, 1, 1), value, np.float32)

    def drawn(value):
        return np.full((1,), value, np.float32)

    # Layer, numbers, and what transform_images() takes for them.
    cases = {
        "brightness": (brightness, [-0.3, 0.45],
                       lambda n: {"rgb_delta": column(n)}),
        "contrast": (contrast, [0.4, 1.7],
                     lambda n: {"contrast_factor": column(n)}),
        "saturation": (saturation, [0, 0.3, 2.5],
                       lambda n: {"factor": drawn(n)}),
        "hue": (hue, [-0.37, 0.12, 0.5], lambda n: {"factor": drawn(n)}),
        "grayscale": (degeneration, [0.35, 1],
                      lambda n: {"factor": column(n)}),
        "invert": (invert, [1], lambda n: {"apply_inversion": drawn(n) > 0}),
        "solarize": (solarization, [0.4, 0.7],
                     lambda n: {"additions": column(0),
                                "thresholds": column(255 * n)}),
        "posterize": (posterization, [1, 3, 7],
                      lambda n: {"shift_factor": np.uint8([8 - n])}),
    }
    for name, (layer, numbers, transformation) in cases.items():
        save(file, f"colors/{name}/numbers", np.float32(numbers))
        for i, number in enumerate(numbers):
            changed = layer.transform_images(
                keras.ops.convert_to_tensor(images), transformation(number))
            save(file, f"colors/{name}/{i}",
                 keras.ops.convert_to_numpy(changed).astype(np.float32))


def write_sequence(file):
    flip = layers.RandomFlip("horizontal")
    images, masks = IMAGES, MASKS.astype(np.float32)
    drawn = {"flips": np.ones((1, 1, 1, 1), bool), "input_shape": images.shape}
    images = flip.transform_images(keras.ops.convert_to_tensor(images), drawn)
    masks = flip.transform_segmentation_masks(
        keras.ops.convert_to_tensor(masks), drawn)
    for layer in [rotation(0), zoom(0)]:
        images, masks = apply(layer, images, masks)
    group = file.create_group("sequence")
    save(group, "images", np.asarray(images, np.float32))
    save(group, "masks", np.asarray(masks).astype(np.uint8))


path = pathlib.Path(__file__).with_name("augmentation.h5")
with h5py.File(path, "w", libver="latest") as golden:
    save(golden, "images", IMAGES)
    save(golden, "masks", MASKS)
    save(golden, "rotation/factors", np.float32(ROTATION))
    save(golden, "zoom/factors", np.float32(ZOOM))
    save(golden, "translation/factors", np.float32(TRANSLATION))
    write(golden, "rotation", rotation)
    write(golden, "zoom", zoom)
    write(golden, "translation", translation)
    write_affine(golden)
    write_sequence(golden)
    write_colors(golden)
