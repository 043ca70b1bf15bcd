"""Stock Keras and lathe read each other's .keras files.

usage: keras_exchange.py PROGRAM

Keras saves models; PROGRAM (keras_exchange.cpp) opens them, predicts, and saves
them again, and adds a model of its own; Keras opens those and predicts. Exits
with 77 where there is no Keras. keras_training.py does so with training.
"""

import keras_backend

# NumPy's compiles nothing.
keras_backend.choose("numpy", "tensorflow", "torch")

import keras  # noqa: E402
import keras_models  # noqa: E402
from keras_support import (  # noqa: E402
    TOLERANCE, close, draw_images, exchange, open_passed_on, predict, read,
    write)


def build(folder):
    models = {
        "sequence": keras_models.sequence(),
        "efficientnet": keras_models.efficientnet(),
        "augmenting": keras_models.augmenting(),
    }
    for name, model in models.items():
        write(folder, name, model, draw_images(model))
    return models


def check_own_classifier(folder):
    """Augmentation layers before a frozen EfficientNet, lathe's own."""
    images, prediction = read(folder, "own_classifier")
    model = keras.saving.load_model(folder / "own_classifier.keras")
    close("Keras predicts own_classifier", predict(model, images), prediction,
          rtol=0, atol=TOLERANCE)
    names = [type(layer).__name__ for layer in model.layers]
    assert names == ["InputLayer", "RandomFlip", "RandomRotation", "RandomZoom",
                     "Functional", "Dense"], names
    # As keras.applications makes it, but for the dense layer's ten classes.
    assert model.count_params() == 5_340_581 - 7 * 1001
    assert len(model.trainable_variables) == 2


def check(models, folder):
    for name, model in models.items():
        open_passed_on(folder, name, model)
    check_own_classifier(folder)


exchange("models", build, check)
