"""Writes unet.h5: a narrow U-Net in Keras, from its weights to ten steps.

python unet.py, with Keras 3.15.1, its TensorFlow backend and h5py. Holds, in
Keras' order of model.weights and model.trainable_weights:

weights/<i>     where everything starts; statistics and biases are not 0 and 1
images, masks   ten batches, uint8 (10, 2, 32, 32, 3) and (10, 2, 32, 32, 1);
                the model is given images / 255
prediction      for the first batch, with moving statistics
output          for the first batch, with the batch's statistics (training)
gradients/<i>   of the binary crossentropy of `output`
losses          of ten Adam steps at 1e-4, a batch a step, each before its step
moved/<i>       the weights after the ten steps
"""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras import layers

SIZE = 32
ENTRY = 4
FILTERS = (8, 12, 16)
STEPS = 10


def unet():
    """keras.io's "Image segmentation with a U-Net-like architecture"."""
    inputs = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(ENTRY, 3, strides=2, padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    residual = x
    for filters in FILTERS:
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.SeparableConv2D(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(filters, 1, strides=2, padding="same")(residual)
        x = residual = layers.add([x, residual])
    for filters in (*reversed(FILTERS), ENTRY):
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.Conv2DTranspose(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.UpSampling2D(2)(x)
        residual = layers.UpSampling2D(2)(residual)
        residual = layers.Conv2D(filters, 1, padding="same")(residual)
        x = residual = layers.add([x, residual])
    outputs = layers.Conv2D(1, 3, activation="sigmoid", padding="same")(x)
    return keras.Model(inputs, outputs)


def draw_batches(random):
    """Noisy images, brighter inside the ellipse that is the mask."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    count = STEPS * 2
    centre = random.uniform(8, 24, (count, 2, 1, 1))
    radius = random.uniform(5, 12, (count, 2, 1, 1))
    distance = ((y - centre[:, 0]) / radius[:, 0]) ** 2
    distance += ((x - centre[:, 1]) / radius[:, 1]) ** 2
    masks = (distance < 1)[..., None]
    colours = random.uniform(0, 120, (count, 1, 1, 3))
    noise = random.uniform(0, 80, (count, SIZE, SIZE, 3))
    images = colours + noise + 50 * masks
    batches = (STEPS, 2, SIZE, SIZE)
    return (
        images.astype(np.uint8).reshape(*batches, 3),
        masks.astype(np.uint8).reshape(*batches, 1),
    )


def disturb(model, random):
    """Moves what starts as 0 or 1 away from it."""
    for weight in model.weights:
        if weight.name in ("bias", "beta", "moving_mean"):
            weight.assign(random.normal(0, 0.1, weight.shape))
        if weight.name in ("gamma", "moving_variance"):
            weight.assign(random.uniform(0.5, 1.5, weight.shape))


def write_all(file, group, tensors, paths):
    for i, (tensor, path) in enumerate(zip(tensors, paths, strict=True)):
        file[f"{group}/{i}"] = np.asarray(tensor)
        file[f"{group}/{i}"].attrs["path"] = path


def main():
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    model = unet()
    disturb(model, random)
    images, masks = draw_batches(random)
    inputs = images.astype(np.float32) / 255
    loss = keras.losses.BinaryCrossentropy()
    start = model.get_weights()
    paths = [weight.path for weight in model.weights]

    with h5py.File(pathlib.Path(__file__).with_suffix(".h5"), "w") as file:
        file.create_dataset("images", data=images, compression="gzip")
        file.create_dataset("masks", data=masks, compression="gzip")
        write_all(file, "weights", start, paths)
        file["prediction"] = model(inputs[0], training=False).numpy()
        with tf.GradientTape() as tape:
            output = model(inputs[0], training=True)
            value = loss(masks[0], output)
        gradients = tape.gradient(
            value, [weight.value for weight in model.trainable_weights]
        )
        file["output"] = output.numpy()
        write_all(file, "gradients", gradients,
                  [weight.path for weight in model.trainable_weights])

        model.set_weights(start)
        model.compile(keras.optimizers.Adam(1e-4), loss)
        losses = []
        for step in range(STEPS):
            model.reset_metrics()
            losses.append(model.train_on_batch(inputs[step], masks[step]))
        file["losses"] = np.array(losses, np.float32)
        write_all(file, "moved", model.get_weights(), paths)


main()
