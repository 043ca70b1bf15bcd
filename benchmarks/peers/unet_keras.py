"""The U-Net of models/unet.h in stock Keras on TensorFlow.

usage: unet_keras.py [--inference] [--batch N] [--steps N]
       [--precision fp32|tf32|bf16]
Prints milliseconds of a step on data in memory and the peak memory.
"""
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

import timing


def unet():
    inputs = keras.Input((224, 224, 3))
    x = layers.Conv2D(32, 3, strides=2, padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = previous = layers.Activation("relu")(x)
    for filters in (64, 128, 256):
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.SeparableConv2D(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        side = layers.Conv2D(filters, 1, strides=2, padding="same")(previous)
        x = previous = layers.add([x, side])
    for filters in (256, 128, 64, 32):
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.Conv2DTranspose(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.UpSampling2D(2)(x)
        side = layers.UpSampling2D(2)(previous)
        side = layers.Conv2D(filters, 1, padding="same")(side)
        x = previous = layers.add([x, side])
    outputs = layers.Conv2D(1, 3, activation="sigmoid", padding="same")(x)
    return keras.Model(inputs, outputs)


def main():
    options = timing.parse(__doc__)
    if options.precision == "bf16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    rng = np.random.default_rng(0)
    x = rng.random((options.batch, 224, 224, 3), np.float32)
    y = (rng.random((options.batch, 224, 224, 1)) > 0.5).astype("int32")
    model = unet()
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")

    def step():
        if options.inference:
            model.predict_on_batch(x)
        else:
            model.train_on_batch(x, y)

    timing.measure(step, options.steps)


main()
