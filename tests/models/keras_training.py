"""Stock Keras and lathe train each other's models on.

usage: keras_training.py PROGRAM

Keras builds, trains and saves models; PROGRAM (keras_exchange.cpp) opens them,
predicts, saves them again and trains on, and adds models of its own; Keras
opens those, predicts and trains on. Exits with 77 where there is no Keras.
"""

import operator
import tempfile

import keras_backend

# Keras' backend of NumPy doesn't train.
keras_backend.choose("jax", "tensorflow", "torch")

import h5py  # noqa: E402
import keras  # noqa: E402
import keras_models  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from keras_support import (  # noqa: E402
    TOLERANCE, close, draw_images, exchange, open_passed_on, predict, random,
    read, same_arrays, write)

# Those beside Adam, with what else optimizers keep.
OPTIMIZERS = {
    "adamw": lambda: keras.optimizers.AdamW(
        1e-2, use_ema=True, gradient_accumulation_steps=3, clipnorm=0.5),
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(
        momentum=0.5, centered=True, use_ema=True, ema_momentum=0.9),
    "lion": lambda: keras.optimizers.Lion(weight_decay=0.1, clipvalue=0.5),
}

# Trained on by both from the same state and batches, STEPS of them, to the same
# weights. Not the U-Net, whose biases before a normalisation have gradients of
# rounding, which Adam makes whole steps of; nor the classifier, which drops out,
# and draws anew in each process; nor what is nested, whose training=False Keras
# 3.15.1 overrides while it trains.
GOING_ON = ("block", *OPTIMIZERS)
STEPS = 2


def step(model, images, targets):
    """One step of training; the loss before it."""
    # A few steps don't pay for compiling, which JAX does in any case.
    model.run_eagerly = keras.backend.backend() != "jax"
    model.reset_metrics()
    return float(model.train_on_batch(images, targets)[0])


def targets_for(model, images):
    shape = model.output_shape
    if shape[-1] == 1:
        return random.integers(0, 2, (len(images), *shape[1:]))
    return random.integers(0, shape[-1], (len(images), *shape[1:-1]))


def draw_batch(model):
    images = draw_images(model)
    return images, targets_for(model, images)


def same_trainable(opened, model):
    for layer in model.layers:
        other = opened.get_layer(layer.name)
        assert type(other) is type(layer) and other.trainable == layer.trainable
        if isinstance(layer, keras.Model):
            same_trainable(other, layer)


def same_training(name, opened, path):
    """Weights and optimizer state, where lathe has done the same steps."""
    other = keras.saving.load_model(path)
    assert int(opened.optimizer.iterations) == int(other.optimizer.iterations)
    for kind in ("weights", "optimizer.variables"):
        get = operator.attrgetter(kind)
        for one, two in zip(get(opened), get(other), strict=True):
            keras_own, ours = map(keras.ops.convert_to_numpy, (one, two))
            # Both sum in float32 and in other orders, over steps of up to a
            # tenth: with no state, or another, they are a hundredth apart.
            np.testing.assert_allclose(
                ours, keras_own, rtol=1e-3, atol=1e-3 * np.abs(keras_own).max(),
                err_msg=f"{name}: {one.path}")
    print(f"{name}: ok", flush=True)


def build(folder):
    """Models that Keras has trained for two steps and saved."""
    optimizers = {
        "unet": "adam",
        "classifier": keras.optimizers.Adam(3e-3, beta_1=0.8),
        "nested": keras.optimizers.Adam(1e-2),
        "block": keras.optimizers.Adam(1e-2),
        **{name: make() for name, make in OPTIMIZERS.items()},
    }
    models = {}
    for name, optimizer in optimizers.items():
        make = "small" if name in OPTIMIZERS else name
        models[name] = model = getattr(keras_models, make)()
        loss = ("binary_crossentropy" if name == "unet"
                else "sparse_categorical_crossentropy")
        model.compile(optimizer, loss, metrics=["accuracy"])
        images = draw_images(model)
        for _ in range(STEPS):
            step(model, images, targets_for(model, images))
        count = STEPS if name in GOING_ON else 0
        write(folder, name, model, images,
              [draw_batch(model) for _ in range(count)])
    return models


def steps_of(folder, name):
    with h5py.File(folder / f"{name}.h5") as file:
        steps = [file[f"steps/{i}"] for i in range(STEPS)]
        return [(step["images"][()], step["targets"][()]) for step in steps]


def check_passed_on(folder, name, model):
    """A model of Keras' that lathe opened and saved."""
    opened = open_passed_on(folder, name, model)
    same_arrays(name, opened.optimizer.variables, model.optimizer.variables)
    config = opened.optimizer.get_config()
    for option, value in model.optimizer.get_config().items():
        assert config[option] == value or option == "name", (name, option)
    same_trainable(opened, model)
    if any(isinstance(layer, layers.Dropout) for layer in model.layers):
        return  # which draws anew in each process
    going_on = name in GOING_ON
    batches = (steps_of(folder.parent / "keras", name) if going_on
               else STEPS * [draw_batch(model)])
    # Two steps: the second shows that the first moved both alike.
    for images, targets in batches:
        # The same program with the same numbers; threads may sum otherwise.
        close(f"Keras trains on {name}", step(opened, images, targets),
              step(model, images, targets), rtol=1e-4)
    if going_on:
        same_training(f"lathe trains on Keras' {name}", model,
                      folder / f"{name}_trained_on.keras")


def check_own_training(folder, name):
    """A model that lathe has trained, and then trained on."""
    model = keras.saving.load_model(folder / f"own_{name}.keras")
    images, targets = steps_of(folder.parent / "keras", name)[0]
    step(model, images, targets)
    same_training(f"Keras trains on lathe's {name}", model,
                  folder / f"own_{name}_trained_on.keras")


def check_own(folder, name, loss):
    """A model of lathe's own."""
    images, prediction = read(folder, name)
    model = keras.saving.load_model(folder / f"{name}.keras")
    close(f"Keras predicts {name}", predict(model, images), prediction,
          rtol=0, atol=TOLERANCE)
    optimizer = model.optimizer
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert int(optimizer.iterations) == 7
    assert optimizer.beta_1 == 0.875 and optimizer.beta_2 == 0.999
    assert abs(float(optimizer.learning_rate) - 1e-3) < 1e-9
    moments = map(keras.ops.convert_to_numpy, optimizer.variables)
    assert all(np.max(np.abs(moment)) > 0 for moment in moments)
    assert keras.losses.get(model.loss).name == loss
    targets = targets_for(model, images)
    losses = [step(model, images, targets) for _ in range(6)]
    assert int(optimizer.iterations) == 13
    assert np.isfinite(losses).all() and losses[-1] < losses[0], losses
    print(f"Keras trains on {name}: ok, {losses[0]:.4f} to {losses[-1]:.4f}")


def check_loss(path):
    """A model whose loss Keras has too, and computes the same."""
    model = keras.saving.load_model(path)
    with h5py.File(path.with_suffix(".h5")) as file:
        images, targets, loss = (file[name][()]
                                 for name in ("images", "targets", "loss"))
    classes = model.output_shape[-1]
    if classes > 1:
        targets = np.eye(classes, dtype=np.float32)[
            targets[..., 0].astype(int)]
    close(f"Keras has {path.stem}",
          float(model.loss(targets, predict(model, images))), loss[0],
          rtol=1e-5)


def check(models, folder):
    for name, model in models.items():
        check_passed_on(folder, name, model)
    check_own(folder, "own_unet", "binary_crossentropy")
    check_own(folder, "own_unet_of_classes", "sparse_categorical_crossentropy")
    check_own_training(folder, "block")
    losses = sorted(folder.glob("loss_*.keras"))
    assert len(losses) == 4
    for path in losses:
        check_loss(path)


with tempfile.TemporaryDirectory() as compiled:
    if keras.backend.backend() == "jax":
        import jax

        # The same steps of the same models are compiled once.
        jax.config.update("jax_compilation_cache_dir", compiled)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    exchange("training", build, check)
