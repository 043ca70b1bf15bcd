"""Lathe draws as the layers of stock Keras do.

usage: keras_drawing.py PROGRAM

Keras saves layers that draw; PROGRAM (keras_exchange.cpp) opens them, applies
them to images as training does, and saves them again; Keras opens those. What
they draw must be of one distribution. Exits with 77 where there is no Keras.
"""

import keras_backend

# NumPy's compiles nothing.
keras_backend.choose("numpy", "tensorflow", "torch")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from keras_support import exchange, random, read, write  # noqa: E402

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


def build(folder):
    """A model of each; the images are one bright noise, over and over."""
    image = np.floor(random.uniform(0, 256, (1, 5, 6, 3))).astype(np.float32)
    models = []
    for i, layer in enumerate(drawing()):
        models.append(keras.Sequential([keras.Input((5, 6, 3)), layer]))
        write(folder, i, models[i], np.repeat(image, DRAWS, 0))
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


def check(models, folder):
    def draw(model, images):
        return keras.ops.convert_to_numpy(model(images, training=True))

    for i, model in enumerate(models):
        images, ours = read(folder, i)
        name = type(model.layers[0]).__name__
        keras_own = draw(model, images)
        same_distribution(f"lathe draws as Keras' {name}", ours, keras_own)
        opened = keras.saving.load_model(folder / f"{i}.keras")
        assert type(opened.layers[0]) is type(model.layers[0])
        # Lathe may say the same in other numbers.
        if opened.layers[0].get_config() != model.layers[0].get_config():
            same_distribution(f"Keras draws as lathe's {name}",
                              draw(opened, images), keras_own)


exchange("drawing", build, check)
