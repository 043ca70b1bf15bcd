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


class LayerScale(keras.layers.Layer):
    """The layer of docs/examples/project."""

    def __init__(self, initial_value=1e-4, **kwargs):
        super().__init__(**kwargs)
        self.initial_value = initial_value

    def build(self, input_shape):
        self.gamma = self.add_weight(
            name="gamma", shape=input_shape[-1:],
            initializer=keras.initializers.Constant(self.initial_value))

    def call(self, inputs):
        return inputs * self.gamma

    def get_config(self):
        return {**super().get_config(), "initial_value": self.initial_value}


def check_own_layer(folder):
    """A layer that only a program of one's own has."""
    images, prediction = read(folder, "own_layer")
    model = keras.saving.load_model(
        folder / "own_layer.keras", custom_objects={"LayerScale": LayerScale})
    close("Keras predicts own_layer", predict(model, images), prediction,
          rtol=0, atol=TOLERANCE)
    assert type(model.layers[-1]) is LayerScale
    assert model.layers[-1].initial_value == 0.5


def check(models, folder):
    for name, model in models.items():
        open_passed_on(folder, name, model)
    check_own_classifier(folder)
    check_own_layer(folder)


exchange("models", build, check)
