"""Writes train.h5: losses, metrics, optimizers and schedules as Keras computes
them.

KERAS_BACKEND=tensorflow python train.py, with Keras 3.15.1 and h5py. (On
TensorFlow accumulation and averages of weights are Keras' general ones.)

binary/, categorical/  probabilities, logits, targets (uint8), and the loss from
                       either: loss_probabilities, loss_logits; with label
                       smoothing of 0.2: smooth_...; with class weights:
                       weighted_...
soft/                  the same for targets that are distributions (float32)
ignored/               a loss with class weights where targets of 255 (-1 as
                       labels) are left out
mask/, masks/          losses of masks of one class, and of four, some pixels of
                       which are 255 and were left out: focal_..., balanced_...
                       (with ALPHA), dice_..., per_class_..., sum_... (of
                       crossentropy and dice)
metrics/               truth and predicted classes (uint8), accuracy, mean_iou,
                       f1 (macro); rows of predictions, labels, top_5
optimizers/            weights, gradients (7 steps) of two variables; for each
                       optimizer of OPTIMIZERS the weights after each step, and
                       with use_ema their averages
schedules/             factors of the learning rate at STEPS
"""

import pathlib

import h5py
import keras
import numpy as np

CLASS_WEIGHTS = np.array([0.5, 2, 1, 3], np.float32)
SMOOTHING = 0.2
ALPHA = 0.7
STEPS = [0, 1, 3, 9, 10, 11, 20, 35, 59, 60, 61, 100]

K = keras.optimizers
OPTIMIZERS = {
    "adam": lambda: K.Adam(0.01, beta_1=0.8, beta_2=0.95),
    "adam_decayed": lambda: K.Adam(0.01, weight_decay=0.1),
    "adamw": lambda: K.AdamW(0.01),
    "adamw_excluded": lambda: K.AdamW(0.01, weight_decay=0.5),
    "sgd": lambda: K.SGD(0.1),
    "sgd_momentum": lambda: K.SGD(0.1, momentum=0.9, weight_decay=0.1),
    "sgd_nesterov": lambda: K.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: K.RMSprop(0.01),
    "rmsprop_momentum": lambda: K.RMSprop(0.01, rho=0.8, momentum=0.5),
    "rmsprop_centered": lambda: K.RMSprop(0.01, momentum=0.5, centered=True),
    "lion": lambda: K.Lion(0.01, weight_decay=0.1),
    "clipvalue": lambda: K.SGD(0.1, momentum=0.9, clipvalue=0.2),
    "clipnorm": lambda: K.SGD(0.1, momentum=0.9, clipnorm=1.0),
    "global_clipnorm": lambda: K.Adam(0.01, global_clipnorm=1.0),
    "accumulation": lambda: K.AdamW(
        0.01, gradient_accumulation_steps=3, clipnorm=0.5),
    "ema": lambda: K.SGD(0.1, use_ema=True, ema_momentum=0.7),
    "ema_accumulation": lambda: K.Adam(
        0.01, use_ema=True, ema_momentum=0.7, gradient_accumulation_steps=2),
}


def losses(put, random):
    logits = random.normal(0, 4, (2, 5, 7, 1)).astype(np.float32)
    logits[0, 0, 0] = 30  # saturates
    targets = random.integers(0, 2, (2, 5, 7, 1)).astype(np.uint8)
    targets[0, 0, 0] = 1
    put("binary/logits", logits)
    put("binary/probabilities", 1 / (1 + np.exp(-logits)))
    put("binary/targets", targets)
    truth = targets.astype(np.float32)
    for kind, values in (("logits", logits),
                         ("probabilities", 1 / (1 + np.exp(-logits)))):
        loss = keras.losses.BinaryCrossentropy(from_logits=kind == "logits")
        put(f"binary/loss_{kind}", [np.float32(loss(truth, values))])
        put(f"binary/weighted_{kind}",
            [np.float32(loss(truth, values, CLASS_WEIGHTS[targets[..., 0]]))])
        loss = keras.losses.BinaryCrossentropy(from_logits=kind == "logits",
                                               label_smoothing=SMOOTHING)
        put(f"binary/smooth_{kind}", [np.float32(loss(truth, values))])

    logits = random.normal(0, 3, (2, 5, 7, 4)).astype(np.float32)
    targets = random.integers(0, 4, (2, 5, 7, 1)).astype(np.uint8)
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    # Rows that don't add up to 1 are divided by their sum.
    probabilities = 0.7 * weights / weights.sum(-1, keepdims=True)
    soft = random.gamma(0.3, 1, (2, 5, 7, 4)).astype(np.float32)
    soft /= soft.sum(-1, keepdims=True)
    put("categorical/logits", logits)
    put("categorical/probabilities", probabilities)
    put("categorical/targets", targets)
    put("soft/logits", logits)
    put("soft/probabilities", probabilities)
    put("soft/targets", soft)
    ids = targets[..., 0].astype(np.int32)
    ignored = targets.copy()
    ignored[:, ::2, ::3] = 255
    put("ignored/targets", ignored)
    one_hot = np.eye(4, dtype=np.float32)[ids]
    for kind, values in (("logits", logits),
                         ("probabilities", probabilities)):
        from_logits = kind == "logits"
        loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits=from_logits)
        put(f"categorical/loss_{kind}", [np.float32(loss(ids, values))])
        put(f"categorical/weighted_{kind}",
            [np.float32(loss(ids, values, CLASS_WEIGHTS[ids]))])
        smooth = keras.losses.CategoricalCrossentropy(
            from_logits=from_logits, label_smoothing=SMOOTHING)
        put(f"categorical/smooth_{kind}", [np.float32(smooth(one_hot, values))])
        put(f"soft/smooth_{kind}", [np.float32(smooth(soft, values))])
        loss = keras.losses.CategoricalCrossentropy(from_logits=from_logits)
        put(f"soft/loss_{kind}", [np.float32(loss(soft, values))])
        put(f"soft/weighted_{kind}",
            [np.float32(loss(soft, values, CLASS_WEIGHTS[soft.argmax(-1)]))])
        loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits=from_logits, ignore_class=255)
        put(f"ignored/weighted_{kind}",
            [np.float32(loss(ignored[..., 0].astype(np.int32), values,
                             CLASS_WEIGHTS[ids]))])


def mask_losses(put):
    random = np.random.default_rng(11)
    L = keras.losses
    shape = (2, 5, 7)

    def some_ignored(targets):
        targets[:, ::2, ::3] = 255
        return targets, targets != 255

    logits = random.normal(0, 3, shape).astype(np.float32)
    targets, kept = some_ignored(random.integers(0, 2, shape).astype(np.uint8))
    probabilities = 1 / (1 + np.exp(-logits))
    put("mask/logits", logits[..., None])
    put("mask/probabilities", probabilities[..., None])
    put("mask/targets", targets[..., None])
    truth = targets[kept].astype(np.float32)[:, None]
    dice = np.float32(L.Dice()(truth, probabilities[kept][:, None]))
    for kind, values in (("logits", logits), ("probabilities", probabilities)):
        from_logits = kind == "logits"
        values = values[kept][:, None]
        for name, loss in {
                "focal": L.BinaryFocalCrossentropy(from_logits=from_logits),
                "balanced": L.BinaryFocalCrossentropy(
                    apply_class_balancing=True, alpha=ALPHA, gamma=1.5,
                    from_logits=from_logits)}.items():
            put(f"mask/{name}_{kind}", [np.float32(loss(truth, values))])
        mean = L.BinaryCrossentropy(from_logits=from_logits)
        put(f"mask/dice_{kind}", [dice])
        put(f"mask/sum_{kind}", [np.float32(mean(truth, values)) + dice])

    logits = random.normal(0, 2, (*shape, 4)).astype(np.float32)
    # The last class occurs nowhere.
    targets, kept = some_ignored(random.integers(0, 3, shape).astype(np.uint8))
    weights = np.exp(logits)
    probabilities = weights / weights.sum(-1, keepdims=True)
    put("masks/logits", logits)
    put("masks/probabilities", probabilities)
    put("masks/targets", targets[..., None])
    ids = targets[kept].astype(np.int32)
    truth = np.eye(4, dtype=np.float32)[ids]
    dices = {name: np.float32(L.Dice(axis=axis)(truth, probabilities[kept]))
             for name, axis in (("dice", None), ("per_class", (0,)))}
    for kind, values in (("logits", logits), ("probabilities", probabilities)):
        from_logits = kind == "logits"
        values = values[kept]
        for name, loss in {
                "focal": L.CategoricalFocalCrossentropy(
                    from_logits=from_logits),
                "balanced": L.CategoricalFocalCrossentropy(
                    alpha=list(map(float, CLASS_WEIGHTS)), gamma=1.5,
                    from_logits=from_logits)}.items():
            put(f"masks/{name}_{kind}", [np.float32(loss(truth, values))])
        mean = L.SparseCategoricalCrossentropy(from_logits=from_logits)
        for name, dice in dices.items():
            put(f"masks/{name}_{kind}", [dice])
        put(f"masks/sum_{kind}",
            [np.float32(mean(ids, values)) + dices["per_class"]])


def metrics(put, random):
    truth = random.integers(0, 3, (200,)).astype(np.uint8)
    predicted = np.where(random.random(200) < 0.7, truth,
                         random.integers(0, 3, (200,))).astype(np.uint8)
    put("metrics/truth", truth)
    put("metrics/predicted", predicted)
    accuracy = keras.metrics.Accuracy()
    accuracy.update_state(truth, predicted)
    mean_iou = keras.metrics.MeanIoU(num_classes=3)
    mean_iou.update_state(truth, predicted)
    f1 = keras.metrics.F1Score(average="macro")
    f1.update_state(np.eye(3, dtype=np.float32)[truth],
                    np.eye(3, dtype=np.float32)[predicted])
    put("metrics/accuracy", [np.float64(accuracy.result())])
    put("metrics/mean_iou", [np.float64(mean_iou.result())])
    put("metrics/f1", [np.float64(f1.result())])
    rows = random.integers(0, 12, (50, 20)).astype(np.float32)  # with ties
    labels = random.integers(0, 20, (50, 1)).astype(np.int32)
    put("metrics/rows", rows)
    put("metrics/labels", labels)
    put("metrics/top_5",
        [np.int64(np.sum(keras.ops.in_top_k(labels[:, 0], rows, 5)))])


def optimizers(put, random):
    kernel = random.normal(0, 1, (3, 11)).astype(np.float32)
    bias = random.normal(0, 1, (11,)).astype(np.float32)
    gradients = [random.normal(0, 0.3, (7, *w.shape)).astype(np.float32)
                 for w in (kernel, bias)]
    gradients[0][:, 0, 0] = 0  # an element that is never moved by a gradient
    for name, values in (("kernel", kernel), ("bias", bias),
                         ("kernel_gradients", gradients[0]),
                         ("bias_gradients", gradients[1])):
        put(f"optimizers/{name}", values)
    for name, make in OPTIMIZERS.items():
        optimizer = make()
        variables = [keras.Variable(kernel, name="kernel"),
                     keras.Variable(bias, name="bias")]
        if name.endswith("_excluded"):
            optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.build(variables)
        weights = ([], [])
        averages = ([], [])
        for step in range(7):
            optimizer.apply([keras.ops.convert_to_tensor(g[step])
                             for g in gradients], variables)
            for i in range(2):
                weights[i].append(keras.ops.convert_to_numpy(variables[i]))
                if optimizer.use_ema:
                    averages[i].append(keras.ops.convert_to_numpy(
                        optimizer._model_variables_moving_average[i]))
        for i, variable in enumerate(("kernel", "bias")):
            put(f"optimizers/{name}/{variable}", np.stack(weights[i]))
            if optimizer.use_ema:
                put(f"optimizers/{name}/{variable}_average",
                    np.stack(averages[i]))


def schedules(put):
    steps = np.array(STEPS, np.int64)
    put("schedules/steps", steps)
    rate = 0.5
    for name, schedule in {
            "cosine": K.schedules.CosineDecay(rate, 60, alpha=0.1),
            "warm_up": K.schedules.CosineDecay(
                0.25 * rate, 50, alpha=0.1, warmup_target=rate,
                warmup_steps=10),
            "step": K.schedules.PiecewiseConstantDecay(
                [10, 60], [rate, rate * 0.2, rate * 0.04]),
    }.items():
        put(f"schedules/{name}",
            np.array([float(schedule(int(s))) / rate for s in steps]))


def main():
    random = np.random.default_rng(7)
    path = pathlib.Path(__file__).with_name("train.h5")
    with h5py.File(path, "w") as file:

        def put(name, value):
            file.create_dataset(name, data=np.asarray(value))

        losses(put, random)
        mask_losses(put)
        metrics(put, random)
        optimizers(put, random)
        schedules(put)


main()
