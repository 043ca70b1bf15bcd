"""Models that Keras saves and lathe opens."""

import keras
from keras import layers
from keras_support import random


def unet(size=32, entry=8, filters=(8, 12)):
    """keras.io's U-Net, narrow."""
    inputs = keras.Input((size, size, 3))
    x = layers.Conv2D(entry, 3, strides=2, padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    skip = x
    for count in filters:
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.SeparableConv2D(count, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        skip = layers.Conv2D(count, 1, strides=2, padding="same")(skip)
        x = skip = layers.add([x, skip])
    for count in (*reversed(filters), entry):
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.Conv2DTranspose(count, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.UpSampling2D(2)(x)
        skip = layers.UpSampling2D(2)(skip)
        skip = layers.Conv2D(count, 1, padding="same")(skip)
        x = skip = layers.add([x, skip])
    outputs = layers.Conv2D(1, 3, activation="sigmoid", padding="same")(x)
    return keras.Model(inputs, outputs)


def classifier():
    """The layers that the U-Net leaves out, and options it doesn't use."""
    inputs = keras.Input((16, 12, 3), name="photograph")
    x = layers.Rescaling(2.0, offset=-1.0)(inputs)
    normalization = layers.Normalization()
    normalization.adapt(random.normal(0.5, 2, (8, 16, 12, 3)))
    x = normalization(x)
    x = layers.ZeroPadding2D(((1, 0), (0, 2)))(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, activation="swish")(x)
    x = layers.Conv2D(8, (3, 2), groups=2, dilation_rate=2, padding="same")(x)
    frozen = layers.Conv2D(8, 1, use_bias=False, name="frozen")
    frozen.trainable = False
    x = layers.BatchNormalization(momentum=0.5, scale=False)(frozen(x))
    x = layers.ReLU()(x)
    half = layers.AveragePooling2D(2, padding="same")(x)
    wide = layers.UpSampling2D(2, interpolation="bilinear")(half)
    cut = layers.Conv2D(8, (2, 2), padding="same", strides=1)(wide)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(cut)
    gate = layers.Dense(8, activation="sigmoid")(gate)
    x = layers.Multiply()([cut, gate])
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x)
    x = layers.MaxPooling2D((4, 4))(x)
    x = layers.Concatenate()([x, layers.Activation("sigmoid")(x)])
    flat = layers.Dropout(0.5)(layers.Flatten()(x))
    x = layers.Dense(12)(flat)
    x = layers.Reshape((3, 4))(x)
    x = layers.Activation("softmax")(x)
    x = layers.Flatten()(x)
    outputs = layers.Dense(5, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="classifier")


def sequence():
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Conv2D(3, 3, strides=2),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def small():
    """What is enough for an optimizer."""
    inputs = keras.Input((6, 6, 2))
    x = layers.Flatten()(layers.Conv2D(3, 3)(inputs))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def nested():
    """A model and a Sequential as layers, partly frozen, called in inference."""
    x = image = keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, name="stem")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(6, 3, activation="swish")(x)
    backbone = keras.Model(image, layers.BatchNormalization()(x),
                           name="backbone")
    backbone.get_layer("stem").trainable = False
    neck = keras.Sequential([
        keras.Input((8, 8, 6)),
        layers.DepthwiseConv2D(3),
        layers.BatchNormalization(),
        layers.GlobalAveragePooling2D(),
    ])
    x = image = keras.Input((12, 12, 3))
    x = neck(backbone(image, training=False))
    return keras.Model(image, layers.Dense(5, activation="softmax")(x))


def block():
    """All of EfficientNet in one block, behind layers that draw: factors of 0,
    and a flip that symmetric images (draw_images) don't show."""
    image = keras.Input((12, 12, 3))
    x = layers.Rescaling(0.5)(image)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.Activation("swish")(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.Activation("swish")(layers.BatchNormalization()(x))
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(2, 1, activation="swish")(gate)
    gate = layers.Conv2D(8, 1, activation="sigmoid")(gate)
    skip = x = layers.Multiply()([x, gate])
    x = layers.Conv2D(8, 1, use_bias=False)(x)
    x = layers.Add()([layers.BatchNormalization()(x), skip])
    backbone = keras.Model(image, layers.GlobalAveragePooling2D()(x),
                           name="backbone")
    return keras.Sequential([
        keras.Input((12, 12, 3)),
        layers.RandomFlip("horizontal"),
        layers.RandomBrightness(0.0),
        layers.RandomContrast(0.0),
        backbone,
        layers.Dense(5, activation="softmax"),
    ])


def efficientnet():
    return keras.applications.EfficientNetB0(
        weights=None, input_shape=(32, 32, 3), classes=7)


def augmenting():
    """Layers that draw, with options of all kinds."""
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.RandomFlip("horizontal", seed=3),
            layers.RandomRotation(0.1, fill_mode="constant", fill_value=3.0),
            layers.RandomZoom((-0.3, 0.1), 0.2, interpolation="nearest"),
            layers.RandomTranslation(0.1, (0.0, 0.2), fill_mode="wrap"),
            layers.RandomContrast((0.1, 0.4), value_range=(0, 1)),
            layers.RandomContrast(0.3),
            layers.RandomBrightness((-0.1, 0.3), value_range=(0, 1)),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )
