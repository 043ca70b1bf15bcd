"""EfficientNetB0 and a dense layer of ten classes in Keras on TensorFlow.

usage: efficientnet_keras.py [--inference] [--batch N] [--steps N]
       [--precision fp32|tf32|bf16]
Prints milliseconds of a step on data in memory and the peak memory.
"""
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import timing


def main():
    options = timing.parse(__doc__)
    if options.precision == "bf16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    rng = np.random.default_rng(0)
    x = 255 * rng.random((options.batch, 224, 224, 3), np.float32)
    y = rng.integers(0, 10, (options.batch,))
    inputs = keras.Input((224, 224, 3))
    backbone = keras.applications.EfficientNetB0(
        include_top=True, pooling="avg", weights=None)
    model = keras.Model(inputs, keras.layers.Dense(10)(backbone(inputs)))
    model.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def step():
        if options.inference:
            model.predict_on_batch(x)
        else:
            model.train_on_batch(x, y)

    timing.measure(step, options.steps)


main()
