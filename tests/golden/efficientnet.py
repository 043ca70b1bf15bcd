"""Writes efficientnet.h5: EfficientNet in Keras, from its weights to ten steps.

python efficientnet.py, with Keras 3.15.1, its TensorFlow backend and h5py.
Weights, images and classes follow from numbers() below, which
efficientnet_parity_test.cpp has too, so the file holds what Keras computes from
them alone, and of tensors a digest: their norm, then SAMPLES elements at places
that numbers() draws. Dropout and stochastic depth are off, the top gives logits
of CLASSES classes.

b0/prediction       of batch 0 with moving statistics
b0/output           of batch 0 with the batch's statistics (training)
b0/gradients/<i>    digests, in the order of model.trainable_weights, of the
                    sparse categorical crossentropy of `output`
b0/statistics/<i>   digests of all moving means and variances after one step
b0/losses           of ten Adam steps at 1e-4, a batch a step, each before its
                    step
b3/prediction       of batch 0 with moving statistics
"""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras.src.applications.efficientnet import EfficientNet

SIZE = 64
BATCH = 4
STEPS = 10
CLASSES = 5
BLOCK = 8
SAMPLES = 32

# The streams that numbers() draws from: a weight's is its index.
PLACES = 1 << 20
PIXELS = 2 << 20
BLOCKS = 3 << 20
TARGETS = 4 << 20


def numbers(stream, count):
    """splitmix64 of stream 2^32 + index, as numbers in [0, 1) of 24 bits."""
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint64) + np.uint64(stream << 32)
        z += np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 24)


def span(name, shape):
    """The range of a weight's values: kernels keep the variance."""
    if name in ("gamma", "moving_variance"):
        return 0.5, 1.5
    if name in ("bias", "beta", "moving_mean"):
        return -0.1, 0.1
    if name == "mean":
        return 0.4, 0.6
    if name == "variance":
        return 0.05, 0.1
    inputs = np.prod(shape[:2]) if shape[-1] == 1 else np.prod(shape[:-1])
    most = np.sqrt(3.0 / inputs)
    return -most, most


def set_weights(model):
    for i, weight in enumerate(model.weights):
        if weight.name == "count":
            continue
        low, high = span(weight.name, weight.shape)
        values = low + (high - low) * numbers(i, np.prod(weight.shape))
        weight.assign(values.astype(np.float32).reshape(weight.shape))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def draw_batches():
    """Noise over blocks of brightness, uint8, and a class each."""
    count = STEPS * BATCH
    side = SIZE // BLOCK
    blocks = numbers(BLOCKS, count * side * side * 3)
    blocks = blocks.reshape(count, side, side, 3)
    blocks = blocks.repeat(BLOCK, axis=1).repeat(BLOCK, axis=2)
    noise = numbers(PIXELS, count * SIZE * SIZE * 3)
    noise = noise.reshape(count, SIZE, SIZE, 3)
    images = np.floor(192 * blocks + 63 * noise)
    targets = np.floor(CLASSES * numbers(TARGETS, count))
    return (images.astype(np.float32).reshape(STEPS, BATCH, SIZE, SIZE, 3),
            targets.astype(np.int32).reshape(STEPS, BATCH))


def digest(i, tensor):
    values = np.asarray(tensor, np.float64).reshape(-1)
    places = np.floor(values.size * numbers(PLACES + i, SAMPLES)).astype(int)
    return np.append(np.linalg.norm(values), values[places]).astype(np.float32)


def efficientnet(width, depth, name):
    model = EfficientNet(
        width, depth, SIZE, dropout_rate=0, drop_connect_rate=0, weights=None,
        input_shape=(SIZE, SIZE, 3), classes=CLASSES,
        classifier_activation=None, name=name)
    set_weights(model)
    return model


def main():
    images, targets = draw_batches()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    path = pathlib.Path(__file__).with_suffix(".h5")
    with h5py.File(path, "w", libver="latest") as file:
        b3 = efficientnet(1.2, 1.4, "b3")
        file["b3/prediction"] = b3(images[0], training=False).numpy()

        b0 = efficientnet(1.0, 1.0, "b0")
        file["b0/prediction"] = b0(images[0], training=False).numpy()
        with tf.GradientTape() as tape:
            output = b0(images[0], training=True)
            value = loss(targets[0], output)
        gradients = tape.gradient(
            value, [weight.value for weight in b0.trainable_weights])
        file["b0/output"] = output.numpy()
        for i, gradient in enumerate(gradients):
            file[f"b0/gradients/{i}"] = digest(i, gradient)

        set_weights(b0)
        b0.compile(keras.optimizers.Adam(1e-4), loss)
        losses = []
        for step in range(STEPS):
            b0.reset_metrics()
            losses.append(b0.train_on_batch(images[step], targets[step]))
            if step > 0:
                continue
            moving = [weight for weight in b0.weights
                      if weight.name.startswith("moving_")]
            for i, weight in enumerate(moving):
                file[f"b0/statistics/{i}"] = digest(i, weight)
        file["b0/losses"] = np.array(losses, np.float32)
        print(b0.count_params(), output.numpy()[0], losses)
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
