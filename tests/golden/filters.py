"""Writes filters.h5: what Keras' layers that look at neighbours and at whole
images compute, and OpenCV's CLAHE and filter2D.

python filters.py, with Keras 3.15.1, its JAX, TensorFlow or PyTorch backend,
h5py and opencv-python-headless 5.0.0. A group a layer: the numbers of each
case, and what the layer makes of the images with them. Images hold whole bytes,
white being 255, of odd extents; the first channel of the second is of one value
only.
"""
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "jax")

import cv2
import h5py
import keras
import numpy as np
from keras import layers

random = np.random.default_rng(2)
IMAGES = np.floor(random.beta(2, 4, (2, 17, 21, 3)) * 256).astype(np.float32)
IMAGES[1, :, :, 0] = 77


def save(group, name, values):
    group.create_dataset(name, data=np.asarray(values, np.float32))


def tensor(values):
    return keras.ops.convert_to_tensor(np.float32(values))


def write(file, name, numbers, layer, transformation):
    """For each row of numbers what layer(row) makes of the images."""
    save(file, f"{name}/numbers", numbers)
    for i, row in enumerate(numbers):
        # Some layers change only what they are given with a batch of one.
        results = [layer(row).transform_images(tensor(IMAGES[n:n + 1]),
                                               transformation(row))
                   for n in range(len(IMAGES))]
        save(file, f"{name}/{i}", np.concatenate(
            [keras.ops.convert_to_numpy(result) for result in results]))


def write_opencv(file):
    bytes_ = IMAGES.astype(np.uint8)
    limits = [[1, 3, 4], [2.5, 8, 8], [40, 2, 1]]
    save(file, "clahe/numbers", limits)
    for i, (limit, across, down) in enumerate(limits):
        clahe = cv2.createCLAHE(limit, (int(across), int(down)))
        save(file, f"clahe/{i}", np.stack(
            [np.stack([clahe.apply(np.ascontiguousarray(image[..., c]))
                       for c in range(3)], -1) for image in bytes_]))
    # A line that OpenCV draws itself through the middle of the kernel.
    ends = [[7, 0, 3, 6, 3], [7, 0, 6, 6, 0], [5, 2, 4, 2, 0], [7, 0, 4, 6, 2],
            [7, 2, 0, 4, 6]]
    save(file, "motion_blur/numbers", ends)
    for i, (size, x0, y0, x1, y1) in enumerate(ends):
        kernel = np.zeros((size, size), np.uint8)
        cv2.line(kernel, (x0, y0), (x1, y1), 1)
        kernel = kernel.astype(np.float32) / kernel.sum()
        save(file, f"motion_blur/{i}", np.stack(
            [cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
             for image in IMAGES]))


path = pathlib.Path(__file__).with_name("filters.h5")
with h5py.File(path, "w", libver="latest") as golden:
    save(golden, "images", IMAGES)
    write(golden, "autocontrast", [[0]], lambda row: layers.AutoContrast(),
          lambda row: None)
    write(golden, "equalize", [[0]], lambda row: layers.Equalization(),
          lambda row: None)
    write(golden, "sharpness", [[0], [0.3], [1]],
          lambda row: layers.RandomSharpness(row[0]),
          lambda row: {"factor": tensor(row)})
    write(golden, "gaussian_blur", [[3, 1, 0.4], [7, 1.5, 2.5]],
          lambda row: layers.RandomGaussianBlur(kernel_size=row[0]),
          lambda row: {"blur_factor": tensor(row[1:]),
                       "should_apply_blur": tensor([1]) > 0})
    corners = [[2.3, 5.9, 0, 17], [4, 9, 3.01, 12.99]]
    save(golden, "erasing/numbers", corners)
    erasing = layers.RandomErasing(fill_value=64)
    for i, (x0, x1, y0, y1) in enumerate(corners):
        masks = erasing._generate_batch_mask(
            IMAGES.shape, [tensor([x] * 2) for x in (x0, x1, y0, y1)])
        erased = erasing.transform_images(tensor(IMAGES), {
            "batch_masks": masks, "apply_erasing": tensor([1, 1]) > 0,
            "fill_value": tensor(np.full(IMAGES.shape, 64))})
        save(golden, f"erasing/{i}", keras.ops.convert_to_numpy(erased))
    write_opencv(golden)
