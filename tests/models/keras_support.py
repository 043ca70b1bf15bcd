"""What the scripts that let Keras and lathe open each other's files share."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import keras
import numpy as np

try:
    from safetensors.numpy import load_file, save_file
except ImportError:
    load_file = save_file = None
    print("skipped: safetensors, which isn't installed")

# Both compute in float32 and sum in other orders; outputs are of order 1.
TOLERANCE = 1e-4

random = np.random.default_rng(1)
keras.utils.set_random_seed(1)


def draw_images(model):
    images = random.random((4, *model.input_shape[1:]), dtype="float32")
    return (images + images[:, :, ::-1]) / 2


def predict(model, images):
    if keras.backend.backend() == "jax":
        return model.predict_on_batch(images)
    return keras.ops.convert_to_numpy(model(images, training=False))


def close(name, actual, expected, **tolerance):
    np.testing.assert_allclose(actual, expected, err_msg=name, **tolerance)
    print(f"{name}: ok", flush=True)


def same_arrays(name, actual, expected):
    assert len(actual) == len(expected), name
    for one, other in zip(actual, expected):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one),
            keras.ops.convert_to_numpy(other),
            err_msg=f"{name}: {other.path}",
        )


def same_options(opened, model):
    """Of the layers that draw; those of others show in what they predict."""
    def plain(layer):
        return json.loads(json.dumps(layer.get_config()))

    for layer in model.layers:
        if type(layer).__name__.startswith("Random"):
            ours, keras_own = plain(opened.get_layer(layer.name)), plain(layer)
            assert ours == keras_own, (ours, keras_own)


def tensors_of(model, path_of, path=""):
    """The weights by path_of(layer, weight), those of nested models after these
    models' names."""
    tensors = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            tensors |= tensors_of(layer, path_of, f"{path}{layer.name}/")
        else:
            tensors |= {path + path_of(layer, weight):
                        keras.ops.convert_to_numpy(weight)
                        for weight in layer.weights}
    return tensors


def write(folder, name, model, images, steps=()):
    """NAME.keras, its weights alone, and NAME.h5 with images to predict and
    batches to train on."""
    model.save(folder / f"{name}.keras")
    model.save_weights(folder / f"{name}.weights.h5")
    if save_file:
        # A Sequential's own name comes first in Keras' paths.
        save_file(tensors_of(model, lambda _, weight: weight.path),
                  folder / f"{name}.safetensors")
    with h5py.File(folder / f"{name}.h5", "w") as file:
        file["images"] = images
        for i, (batch, targets) in enumerate(steps):
            file[f"steps/{i}/images"] = batch
            file[f"steps/{i}/targets"] = targets


def read(folder, name):
    """The images, and what lathe predicts for them."""
    with h5py.File(folder / f"{name}.h5") as file:
        return file["images"][()], file["prediction"][()]


def open_passed_on(folder, name, model):
    """A model of Keras' that lathe opened and saved, weights and all."""
    images, prediction = read(folder, name)
    close(f"lathe predicts Keras' {name}", prediction, predict(model, images),
          rtol=0, atol=TOLERANCE)
    opened = keras.saving.load_model(folder / f"{name}.keras")
    same_arrays(name, opened.weights, model.weights)
    for weight in opened.weights:
        weight.assign(np.zeros(weight.shape))
    opened.load_weights(folder / f"{name}.weights.h5")
    same_arrays(f"{name}.weights.h5", opened.weights, model.weights)
    same_options(opened, model)
    if load_file:
        tensors = load_file(folder / f"{name}.safetensors")
        expected = tensors_of(
            model, lambda layer, weight: f"{layer.name}/{weight.name}")
        assert tensors.keys() == expected.keys(), tensors.keys()
        for key, tensor in tensors.items():
            np.testing.assert_array_equal(tensor, expected[key], err_msg=key)
            # Keras' counts have 32 bits and lathe's 64.
            assert tensor.dtype.kind == expected[key].dtype.kind, key
    return opened


def exchange(part, build, check):
    """Runs PROGRAM's part on what `build` writes; `check` reads the results.

    `build` takes a folder and returns its models; `check` takes them, and the
    folder with what lathe wrote.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "keras").mkdir()
        models = build(folder / "keras")
        subprocess.run([sys.argv[1], part, folder], check=True)
        check(models, folder / "lathe")
