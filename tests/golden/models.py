"""Writes models.h5: configs of whole models by Keras, and what one computes.

python models.py, with Keras 3.15.1, its TensorFlow backend and h5py. Texts are
arrays of bytes.
"""
import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
import numpy as np
from keras import layers


def unet(size=224, classes=1, filters=(64, 128, 256), entry=32):
    """keras.io, "Image segmentation with a U-Net-like architecture"."""
    inputs = keras.Input((size, size, 3))
    x = layers.Conv2D(entry, 3, strides=2, padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    previous = x
    for count in filters:
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.SeparableConv2D(count, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(count, 1, strides=2, padding="same")(previous)
        x = previous = layers.add([x, residual])
    for count in (*reversed(filters), entry):
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.Conv2DTranspose(count, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.UpSampling2D(2)(x)
        residual = layers.UpSampling2D(2)(previous)
        residual = layers.Conv2D(count, 1, padding="same")(residual)
        x = previous = layers.add([x, residual])
    head = "sigmoid" if classes == 1 else "softmax"
    outputs = layers.Conv2D(classes, 3, activation=head, padding="same")(x)
    return keras.Model(inputs, outputs)


def shared():
    """Two inputs, one never used by the first output, two outputs, and layers
    called several times at several depths."""
    first = keras.Input((6, 6, 2))
    second = keras.Input((6, 6, 2), name="second")
    block = layers.Conv2D(2, 3, padding="same", activation="tanh")
    late = layers.Dense(2)
    a = block(block(first))
    b = late(block(second))
    c = layers.Multiply()([a, b])
    d = layers.Concatenate()([c, late(first), a])
    e = layers.Conv2D(3, 1)(d)
    pooled = layers.GlobalAveragePooling2D()(inputs_keyword(e))
    return keras.Model([first, second], [pooled, layers.Flatten()(c)])


def inputs_keyword(x):
    """A layer whose input is given by keyword."""
    return layers.Activation("silu")(inputs=x)


def sequential():
    return keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Rescaling(1 / 255.0),
        layers.Conv2D(4, 3, strides=2),
        layers.BatchNormalization(),
        layers.Dropout(0.5),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ])


def nested():
    """Models as layers: one called twice, one that never trains, and one as the
    output."""
    x = inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3)(x)
    outputs = layers.BatchNormalization()(x)
    backbone = keras.Model(inputs, outputs, name="backbone")
    squeeze = keras.Sequential([
        keras.Input((6, 6, 4)),
        layers.Conv2D(2, 3, activation="relu"),
        layers.Dropout(0.5),
        layers.GlobalAveragePooling2D(),
    ])
    x = inputs = keras.Input((2,))
    head = keras.Model(inputs, layers.Dense(3)(x), name="head")
    head.trainable = False
    first = keras.Input((8, 8, 3))
    second = keras.Input((8, 8, 3), name="second")
    a = squeeze(backbone(first, training=False))
    b = squeeze(backbone(second))
    return keras.Model([first, second], head(layers.Add()([a, b])))


def efficientnetb0():
    return keras.applications.EfficientNetB0(weights=None)


def text(value):
    return np.frombuffer(value.encode(), np.uint8)


def main():
    random = np.random.default_rng(5)
    path = pathlib.Path(__file__).with_suffix(".h5")
    with h5py.File(path, "w", libver="latest") as file:
        for make in (unet, shared, sequential, efficientnetb0, nested):
            keras.utils.clear_session()
            model = make()
            group = file.create_group(make.__name__)
            group.create_dataset(
                "config", compression="gzip",
                data=text(json.dumps(
                    keras.saving.serialize_keras_object(model))))
            group["layers"] = text("\n".join(
                layer.name for layer in model.layers))
            if make in (unet, efficientnetb0):
                continue
            inputs = [random.uniform(0, 1, (2, *x.shape[1:])).astype("float32")
                      for x in model.inputs]
            for i, weight in enumerate(model.weights):
                weight.assign(random.uniform(0.1, 1, weight.shape))
                group[f"weight_{i}"] = weight.numpy()
            outputs = model(inputs if len(inputs) > 1 else inputs[0])
            outputs = outputs if isinstance(outputs, list) else [outputs]
            for i, x in enumerate(inputs):
                group[f"input_{i}"] = x
            for i, y in enumerate(outputs):
                group[f"output_{i}"] = y.numpy()
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
