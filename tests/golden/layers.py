"""Writes layers.h5: what Keras computes with single layers.

python layers.py, with Keras 3.15.1, its TensorFlow backend and h5py. A group a
case: the layer's config, inputs, weights, output (in training mode where the
group is called so), the gradients of sum(output * upstream) with regard to
inputs and trainable weights, where element i of upstream is cos(i), and the
weights after the call where it moves them. Texts are arrays of bytes.
"""
import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras import layers

IMAGE = (2, 5, 6, 4)

CASES = {
    "conv2d_valid": (layers.Conv2D(3, 3), [IMAGE]),
    "conv2d_same": (layers.Conv2D(3, 3, padding="same", activation="tanh"),
                    [IMAGE]),
    "conv2d_same_strides": (
        layers.Conv2D(3, 3, strides=2, padding="same", activation="relu"),
        [IMAGE]),
    "conv2d_same_even_kernel": (
        layers.Conv2D(2, (4, 2), strides=(3, 1), padding="same"), [IMAGE]),
    "conv2d_dilated": (
        layers.Conv2D(3, 3, dilation_rate=2, padding="same"), [IMAGE]),
    "conv2d_dilated_valid": (
        layers.Conv2D(3, (3, 2), dilation_rate=(2, 3)), [IMAGE]),
    "conv2d_groups": (
        layers.Conv2D(6, (3, 1), groups=2, use_bias=False), [IMAGE]),
    "conv2d_point": (
        layers.Conv2D(1, 1, activation="sigmoid",
                      kernel_initializer="he_normal",
                      bias_initializer=keras.initializers.Constant(0.5)),
        [IMAGE]),
    "depthwise_same_strides": (
        layers.DepthwiseConv2D(3, strides=2, padding="same"), [IMAGE]),
    "depthwise_multiplier": (
        layers.DepthwiseConv2D((2, 3), depth_multiplier=2, activation="silu"),
        [IMAGE]),
    "depthwise_dilated": (
        layers.DepthwiseConv2D(3, dilation_rate=2, padding="same",
                               use_bias=False), [IMAGE]),
    "separable_same": (layers.SeparableConv2D(3, 3, padding="same"), [IMAGE]),
    "separable_multiplier": (
        layers.SeparableConv2D(3, 3, strides=2, depth_multiplier=2,
                               activation="relu", use_bias=False), [IMAGE]),
    "transpose_same": (
        layers.Conv2DTranspose(3, 3, padding="same", activation="relu"),
        [IMAGE]),
    "transpose_same_strides": (
        layers.Conv2DTranspose(3, 3, strides=2, padding="same"), [IMAGE]),
    "transpose_same_even_kernel": (
        layers.Conv2DTranspose(2, 4, strides=(2, 3), padding="same"), [IMAGE]),
    "transpose_same_output_padding": (
        layers.Conv2DTranspose(2, 3, strides=2, padding="same",
                               output_padding=0), [IMAGE]),
    "transpose_valid": (
        layers.Conv2DTranspose(3, (3, 2), strides=(2, 3), use_bias=False),
        [IMAGE]),
    "transpose_valid_output_padding": (
        layers.Conv2DTranspose(2, 3, strides=2, output_padding=1), [IMAGE]),
    "transpose_dilated": (
        layers.Conv2DTranspose(2, 3, dilation_rate=2, padding="same"),
        [IMAGE]),
    "batch_normalization_training": (layers.BatchNormalization(), [IMAGE]),
    "batch_normalization_inference": (layers.BatchNormalization(), [IMAGE]),
    "batch_normalization_no_scale_training": (
        layers.BatchNormalization(scale=False, momentum=0.9, epsilon=1e-2),
        [(5, 4)]),
    "batch_normalization_no_center_inference": (
        layers.BatchNormalization(center=False), [IMAGE]),
    "activation_linear": (layers.Activation("linear"), [(3, 5)]),
    "activation_relu": (layers.Activation("relu"), [(3, 5)]),
    "activation_silu": (layers.Activation("swish"), [(3, 5)]),
    "activation_sigmoid": (layers.Activation("sigmoid"), [(3, 5)]),
    "activation_softmax": (layers.Activation("softmax"), [(2, 3, 2, 5)]),
    "activation_tanh": (layers.Activation("tanh"), [(3, 5)]),
    "relu": (layers.ReLU(), [(3, 5)]),
    "max_pooling": (layers.MaxPooling2D(), [IMAGE]),
    "max_pooling_same": (
        layers.MaxPooling2D(3, strides=2, padding="same"), [IMAGE]),
    "average_pooling": (layers.AveragePooling2D((2, 3)), [IMAGE]),
    "average_pooling_same": (
        layers.AveragePooling2D(3, strides=(2, 1), padding="same"), [IMAGE]),
    "global_average_pooling": (layers.GlobalAveragePooling2D(), [IMAGE]),
    "global_average_pooling_keepdims": (
        layers.GlobalAveragePooling2D(keepdims=True), [IMAGE]),
    "up_sampling_nearest": (layers.UpSampling2D((2, 3)), [(1, 3, 4, 2)]),
    "up_sampling_bilinear": (
        layers.UpSampling2D((3, 2), interpolation="bilinear"),
        [(1, 3, 4, 2)]),
    "add": (layers.Add(), [(2, 3, 2)] * 3),
    "multiply": (layers.Multiply(), [(2, 3, 2)] * 2),
    "multiply_channels": (
        layers.Multiply(), [(2, 1, 1, 3), (2, 4, 3, 3)]),
    "concatenate": (layers.Concatenate(), [(2, 3, 2, 1), (2, 3, 2, 3)]),
    "concatenate_rows": (
        layers.Concatenate(axis=1), [(2, 3, 2, 2), (2, 1, 2, 2)]),
    "dense": (layers.Dense(5, activation="relu"), [(3, 4)]),
    "dense_images": (
        layers.Dense(5, activation="softmax", use_bias=False),
        [(2, 3, 2, 4)]),
    "dropout_inference": (
        layers.Dropout(0.3, noise_shape=(None, 1, 4), seed=7), [(2, 3, 4)]),
    "flatten": (layers.Flatten(), [(2, 3, 2, 4)]),
    "reshape": (layers.Reshape((4, -1)), [(2, 3, 2, 4)]),
    "rescaling": (layers.Rescaling(1 / 127.5, offset=-1.0), [(2, 3, 4)]),
    "rescaling_channels": (
        layers.Rescaling([0.5, 2.0, 3.0], offset=[1.0, 0.0, -1.0]),
        [(2, 3, 3)]),
    "normalization_given": (
        layers.Normalization(mean=[0.5, -1.0, 2.0], variance=[4.0, 0.0, 0.25]),
        [(2, 3, 3)]),
    "normalization_weights": (layers.Normalization(), [(2, 4, 3, 3)]),
    "zero_padding": (layers.ZeroPadding2D(), [(1, 2, 3, 2)]),
    "zero_padding_sides": (
        layers.ZeroPadding2D(((1, 0), (2, 3))), [(1, 2, 3, 2)]),
    "global_max_pooling": (layers.GlobalMaxPooling2D(), [IMAGE]),
    "global_max_pooling_keepdims": (
        layers.GlobalMaxPooling2D(keepdims=True), [IMAGE]),
}

# Uniform in this range unless said otherwise, so that relu meets both signs.
RANGE = (-1.0, 1.0)


def text(value):
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def main():
    random = np.random.default_rng(3)

    def draw(shape):
        return random.uniform(*RANGE, shape).astype(np.float32)

    path = pathlib.Path(__file__).with_suffix(".h5")
    with h5py.File(path, "w", libver="latest") as file:
        for name, (layer, shapes) in CASES.items():
            inputs = [tf.constant(draw(shape)) for shape in shapes]
            argument = inputs if len(inputs) > 1 else inputs[0]
            layer.name = name
            layer.build(shapes if len(shapes) > 1 else shapes[0])
            for weight in layer.weights:
                if weight.path.endswith("variance"):
                    weight.assign(np.abs(draw(weight.shape)) + 0.1)
                elif weight.dtype == "float32":
                    weight.assign(draw(weight.shape))
            if isinstance(layer, layers.Normalization):
                layer.finalize_state()
            before = [weight.numpy() for weight in layer.weights]
            keywords = {}
            if name.endswith("_training") or name.endswith("_inference"):
                keywords["training"] = name.endswith("_training")
            trained = [v.value for v in layer.trainable_variables]
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                output = layer(argument, **keywords)
                upstream = np.cos(np.arange(tf.size(output))).reshape(
                    output.shape).astype(np.float32)
                loss = tf.reduce_sum(output * upstream)
            gradients = tape.gradient(loss, inputs + trained)

            group = file.create_group(name)
            group["config"] = text(
                keras.saving.serialize_keras_object(layer))
            group["output"] = np.array(output)
            for i, x in enumerate(inputs):
                group[f"input_{i}"] = np.array(x)
                group[f"input_gradient_{i}"] = np.array(gradients[i])
            for i, weight in enumerate(before):
                group[f"weight_{i}"] = weight
            for i in range(len(trained)):
                group[f"weight_gradient_{i}"] = np.array(
                    gradients[len(inputs) + i])
            if name.endswith("_training"):
                for i, weight in enumerate(layer.weights):
                    group[f"weight_after_{i}"] = weight.numpy()
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
