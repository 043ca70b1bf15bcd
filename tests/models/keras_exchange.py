"""Stock Keras and lathe read each other's .keras files.

usage: keras_exchange.py PROGRAM

Keras builds, trains and saves models; PROGRAM (keras_exchange.cpp) opens them,
predicts, saves them again and trains on, and adds models of its own; Keras opens
those, predicts and trains on. Exits with 77 where there is no Keras.
"""

import importlib.util
import json
import operator
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77

# Both compute in float32 and sum in other orders; outputs are of order 1.
TOLERANCE = 1e-4


def choose_backend():
    """Sets the first of Keras' backends that is installed; says if any is."""
    if importlib.util.find_spec("keras") is None:
        return False
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    # JAX compiles all it runs, and what is here runs a few times only.
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
    for backend in ("tensorflow", "jax", "torch"):
        if importlib.util.find_spec(backend) is not None:
            os.environ.setdefault("KERAS_BACKEND", backend)
            return True
    return False


if not choose_backend():
    print(f"skipped: {sys.executable} has no Keras with a backend")
    sys.exit(SKIPPED)

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

random = np.random.default_rng(1)
keras.utils.set_random_seed(1)


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


# Those beside Adam, with what else optimizers keep.
OPTIMIZERS = {
    "adamw": lambda: keras.optimizers.AdamW(
        1e-2, use_ema=True, gradient_accumulation_steps=3, clipnorm=0.5),
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(
        momentum=0.5, centered=True, use_ema=True, ema_momentum=0.9),
    "lion": lambda: keras.optimizers.Lion(weight_decay=0.1, clipvalue=0.5),
}


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
        layers.RandomRotation(0.0),
        layers.RandomZoom(0.0),
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


# So many that a mean is known to a sixtieth of a deviation.
DRAWS = 4096


def drawing():
    """Layers that lathe draws like, with what tells their options apart."""
    return [
        layers.RandomBrightness((-0.2, 0.5)),
        layers.RandomColorDegeneration((0.1, 0.9)),
        layers.RandomColorJitter(brightness_factor=0.2, contrast_factor=0.6,
                                 hue_factor=0.4),
        layers.RandomColorJitter(contrast_factor=(0.3, 0.6)),
        layers.RandomContrast((0.3, 0.8)),
        layers.RandomErasing(0.9),
        layers.RandomErasing((0.4, 1.0), 0.6, fill_value=90.0),
        layers.RandomFlip("horizontal"),
        layers.RandomGaussianBlur(0.8, 3, (0.7, 0.7)),
        layers.RandomGrayscale(0.3),
        layers.RandomHue(0.6),
        layers.RandomInvert((0.1, 0.5)),
        layers.RandomPosterization((2, 6)),
        layers.RandomPosterization((3, 3)),
        layers.RandomRotation((0.05, 0.2), "constant", fill_value=90.0),
        layers.RandomSharpness((0.1, 0.9)),
        layers.RandomShear(0.3, 0.2),
        layers.RandomTranslation(0.3, (-0.1, 0.2), "nearest"),
        layers.RandomZoom((-0.3, 0.1), (-0.1, 0.4)),
        layers.Solarization(threshold_factor=0.6),
    ]


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


def predict(model, images):
    if keras.backend.backend() == "jax":
        return model.predict_on_batch(images)
    return keras.ops.convert_to_numpy(model(images, training=False))


def draw_images(model):
    images = random.random((4, *model.input_shape[1:]), dtype="float32")
    return (images + images[:, :, ::-1]) / 2


def draw_batch(model):
    images = draw_images(model)
    return images, targets_for(model, images)


# Trained on by both from the same state and batches, STEPS of them, to the same
# weights. Not the U-Net, whose biases before a normalisation have gradients of
# rounding, which Adam makes whole steps of; nor the classifier, which drops out,
# and draws anew in each process; nor what is nested, whose training=False Keras
# 3.15.1 overrides while it trains.
GOING_ON = ("block", *OPTIMIZERS)
STEPS = 2


def same_arrays(name, actual, expected):
    assert len(actual) == len(expected), name
    for one, other in zip(actual, expected):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one),
            keras.ops.convert_to_numpy(other),
            err_msg=f"{name}: {other.path}",
        )


def same_trainable(opened, model):
    for layer in model.layers:
        other = opened.get_layer(layer.name)
        assert type(other) is type(layer) and other.trainable == layer.trainable
        if isinstance(layer, keras.Model):
            same_trainable(other, layer)


def same_options(opened, model):
    """Of the layers that draw; those of others show in what they predict."""
    def plain(layer):
        return json.loads(json.dumps(layer.get_config()))

    for layer in model.layers:
        if type(layer).__name__.startswith("Random"):
            ours, keras_own = plain(opened.get_layer(layer.name)), plain(layer)
            assert ours == keras_own, (ours, keras_own)


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


def close(name, actual, expected, **tolerance):
    np.testing.assert_allclose(actual, expected, err_msg=name, **tolerance)
    print(f"{name}: ok", flush=True)


def build(folder):
    """Models that Keras has trained for two steps and saved."""
    models = {
        "unet": unet(),
        "classifier": classifier(),
        "sequence": sequence(),
        "nested": nested(),
        "block": block(),
        "efficientnet": efficientnet(),
        "augmenting": augmenting(),
    }
    models["unet"].compile("adam", "binary_crossentropy", metrics=["accuracy"])
    models["classifier"].compile(
        keras.optimizers.Adam(3e-3, beta_1=0.8),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    for name, make in OPTIMIZERS.items():
        models[name] = small()
        models[name].compile(make(), "sparse_categorical_crossentropy",
                             metrics=["accuracy"])
    for name in ("nested", "block"):
        models[name].compile(
            keras.optimizers.Adam(1e-2),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
    for name, model in models.items():
        images = draw_images(model)
        if model.compiled:
            for _ in range(2):
                step(model, images, targets_for(model, images))
        model.save(folder / f"{name}.keras")
        model.save_weights(folder / f"{name}.weights.h5")
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file["images"] = images
            for i in range(STEPS if name in GOING_ON else 0):
                for key, array in zip(("images", "targets"), draw_batch(model)):
                    file[f"steps/{i}/{key}"] = array
    return models


def steps_of(folder, name):
    with h5py.File(folder / f"{name}.h5") as file:
        steps = [file[f"steps/{i}"] for i in range(STEPS)]
        return [(step["images"][()], step["targets"][()]) for step in steps]


def check_passed_on(folder, name, model):
    """A model of Keras' that lathe opened and saved."""
    with h5py.File(folder / f"{name}.h5") as file:
        images, prediction = file["images"][()], file["prediction"][()]
    close(f"lathe predicts Keras' {name}", prediction, predict(model, images),
          rtol=0, atol=TOLERANCE)
    opened = keras.saving.load_model(folder / f"{name}.keras")
    same_arrays(name, opened.weights, model.weights)
    for weight in opened.weights:
        weight.assign(np.zeros(weight.shape))
    opened.load_weights(folder / f"{name}.weights.h5")
    same_arrays(f"{name}.weights.h5", opened.weights, model.weights)
    same_options(opened, model)
    if not model.compiled:
        return
    same_arrays(name, opened.optimizer.variables, model.optimizer.variables)
    config = opened.optimizer.get_config()
    for option, value in model.optimizer.get_config().items():
        assert config[option] == value or option == "name", (name, option)
    same_trainable(opened, model)
    if any(isinstance(layer, layers.Dropout) for layer in model.layers):
        return  # which draws anew in each process
    going_on = name in GOING_ON
    batches = (steps_of(folder.parent / "keras", name) if going_on
               else STEPS * [(images, targets_for(model, images))])
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


def build_drawing(folder):
    """A model of each; the images are one bright noise, over and over."""
    image = np.floor(random.uniform(0, 256, (1, 5, 6, 3))).astype(np.float32)
    models = []
    for i, layer in enumerate(drawing()):
        models.append(keras.Sequential([keras.Input((5, 6, 3)), layer]))
        models[i].save(folder / f"{i}.keras")
        with h5py.File(folder / f"{i}.h5", "w") as file:
            file["images"] = np.repeat(image, DRAWS, 0)
    return models


def same_distribution(name, one, other):
    """Of every value, as far as mean and mean square can tell."""
    for power in (1, 2):
        a, b = (np.float64(values) ** power for values in (one, other))
        error = np.sqrt((a.var(0) + b.var(0)) / DRAWS)
        gap = np.abs(a.mean(0) - b.mean(0))
        # Five standard errors; where nothing is drawn, float32's rounding.
        assert (gap < 5 * error + 1e-5 * 255 ** power).all(), (
            name, power, (gap / (error + 1e-9)).max())
    print(f"{name}: ok", flush=True)


def check_drawing(folder, models):
    def draw(model, images):
        return keras.ops.convert_to_numpy(model(images, training=True))

    for i, model in enumerate(models):
        with h5py.File(folder / f"{i}.h5") as file:
            images, ours = file["images"][()], file["prediction"][()]
        name = type(model.layers[0]).__name__
        keras_own = draw(model, images)
        same_distribution(f"lathe draws as Keras' {name}", ours, keras_own)
        opened = keras.saving.load_model(folder / f"{i}.keras")
        assert type(opened.layers[0]) is type(model.layers[0])
        # Lathe may say the same in other numbers.
        if opened.layers[0].get_config() != model.layers[0].get_config():
            same_distribution(f"Keras draws as lathe's {name}",
                              draw(opened, images), keras_own)


def check_own(folder, name, loss):
    """A model of lathe's own."""
    with h5py.File(folder / f"{name}.h5") as file:
        images, prediction = file["images"][()], file["prediction"][()]
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


def check_own_classifier(folder):
    """Augmentation layers before a frozen EfficientNet."""
    with h5py.File(folder / "own_classifier.h5") as file:
        images, prediction = file["images"][()], file["prediction"][()]
    model = keras.saving.load_model(folder / "own_classifier.keras")
    close("Keras predicts own_classifier", predict(model, images), prediction,
          rtol=0, atol=TOLERANCE)
    names = [type(layer).__name__ for layer in model.layers]
    assert names == ["InputLayer", "RandomFlip", "RandomRotation", "RandomZoom",
                     "Functional", "Dense"], names
    # As keras.applications makes it, but for the dense layer's ten classes.
    assert model.count_params() == 5_340_581 - 7 * 1001
    assert len(model.trainable_variables) == 2


def main(program):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("keras", "drawing"):
            (folder / name).mkdir()
        models = build(folder / "keras")
        drawing_models = build_drawing(folder / "drawing")
        subprocess.run([program, folder], check=True)
        for name, model in models.items():
            check_passed_on(folder / "lathe", name, model)
        check_own(folder / "lathe", "own_unet", "binary_crossentropy")
        check_own(folder / "lathe", "own_unet_of_classes",
                  "sparse_categorical_crossentropy")
        check_own_classifier(folder / "lathe")
        check_own_training(folder / "lathe", "block")
        check_drawing(folder / "lathe", drawing_models)


main(sys.argv[1])
