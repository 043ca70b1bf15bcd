"""Writes train.h5: losses, metrics and Adam as Keras computes them.

python train.py, with Keras 3.15.1, any backend, and h5py.

binary/, categorical/  probabilities, logits, targets (uint8), and the loss from
                       either: loss_probabilities, loss_logits
metrics/               truth and predicted classes (uint8), accuracy, mean_iou
adam/                  weight, gradients (5 steps), weights after each step,
                       with learning rate 0.01, beta_1 0.8, beta_2 0.95
"""

import pathlib

import h5py
import keras
import numpy as np


def main():
    random = np.random.default_rng(7)
    path = pathlib.Path(__file__).with_name("train.h5")
    with h5py.File(path, "w") as file:

        def put(name, value):
            file.create_dataset(name, data=np.asarray(value))

        logits = random.normal(0, 4, (2, 5, 7, 1)).astype(np.float32)
        logits[0, 0, 0] = 30  # saturates
        targets = random.integers(0, 2, (2, 5, 7, 1)).astype(np.uint8)
        targets[0, 0, 0] = 1
        probabilities = 1 / (1 + np.exp(-logits))
        put("binary/logits", logits)
        put("binary/probabilities", probabilities)
        put("binary/targets", targets)
        for kind, values in (("logits", logits),
                             ("probabilities", probabilities)):
            loss = keras.losses.BinaryCrossentropy(
                from_logits=kind == "logits")
            put(f"binary/loss_{kind}",
                [np.float32(loss(targets.astype(np.float32), values))])

        logits = random.normal(0, 3, (2, 5, 7, 4)).astype(np.float32)
        targets = random.integers(0, 4, (2, 5, 7, 1)).astype(np.uint8)
        weights = np.exp(logits - logits.max(-1, keepdims=True))
        # Rows that don't add up to 1 are divided by their sum.
        probabilities = 0.7 * weights / weights.sum(-1, keepdims=True)
        put("categorical/logits", logits)
        put("categorical/probabilities", probabilities)
        put("categorical/targets", targets)
        for kind, values in (("logits", logits),
                             ("probabilities", probabilities)):
            loss = keras.losses.SparseCategoricalCrossentropy(
                from_logits=kind == "logits")
            put(f"categorical/loss_{kind}",
                [np.float32(loss(targets[..., 0].astype(np.int32), values))])

        truth = random.integers(0, 3, (200,)).astype(np.uint8)
        predicted = np.where(random.random(200) < 0.7, truth,
                             random.integers(0, 3, (200,))).astype(np.uint8)
        put("metrics/truth", truth)
        put("metrics/predicted", predicted)
        accuracy = keras.metrics.Accuracy()
        accuracy.update_state(truth, predicted)
        mean_iou = keras.metrics.MeanIoU(num_classes=3)
        mean_iou.update_state(truth, predicted)
        put("metrics/accuracy", [np.float64(accuracy.result())])
        put("metrics/mean_iou", [np.float64(mean_iou.result())])

        weight = random.normal(0, 1, (3, 11)).astype(np.float32)
        gradients = random.normal(0, 0.3, (5, 3, 11)).astype(np.float32)
        variable = keras.Variable(weight)
        optimizer = keras.optimizers.Adam(0.01, beta_1=0.8, beta_2=0.95)
        optimizer.build([variable])
        steps = []
        for gradient in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
            steps.append(np.array(variable))
        put("adam/weight", weight)
        put("adam/gradients", gradients)
        put("adam/weights", np.stack(steps))


main()
