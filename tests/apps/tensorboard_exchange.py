"""TensorBoard's own reader finds in lathe's event files what lathe logged.

usage: tensorboard_exchange.py FOLDER

FOLDER holds train_segmentation and train_classifier. Exits with 77 where there
is no tensorboard.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    from tensorboard.backend.event_processing import event_accumulator
except ImportError as error:
    print(f"skipped: {sys.executable} has no {error.name}")
    sys.exit(77)

PROGRAMS = Path(sys.argv[1])


def train(program, output, *options):
    subprocess.run(
        [PROGRAMS / program, "--size", "32", "--batch", "4", "--output", output,
         "--checkpoint", "model.keras", "--tensorboard", *options],
        check=True, stdout=subprocess.DEVNULL)


def rows(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def read(folder):
    reader = event_accumulator.EventAccumulator(str(folder))
    reader.Reload()
    assert reader.file_version == 2.0
    return reader


def check_scalar(reader, tag, steps, values):
    found = reader.Scalars(tag)
    assert [event.step for event in found] == list(steps), (tag, found)
    # Event files hold float32, CSV nine digits.
    np.testing.assert_allclose([event.value for event in found],
                               np.float64(values), rtol=1e-6, atol=1e-7,
                               err_msg=tag)


def check(output, metrics):
    log, steps = rows(output / "log.csv"), rows(output / "steps.csv")
    learning, validating = (read(output / "tensorboard" / name)
                            for name in ("train", "validation"))
    epochs = range(len(log))
    for name in metrics:
        check_scalar(learning, f"epoch_{name}", epochs,
                     [row[name] for row in log])
        values = [row[f"val_{name}"] for row in log]
        check_scalar(validating, f"epoch_{name}", epochs, values)
        per_epoch = len(steps) // len(log)
        check_scalar(validating, f"evaluation_{name}_vs_iterations",
                     [per_epoch * (epoch + 1) for epoch in epochs], values)
    numbers = [int(row["step"]) for row in steps]
    rates = [row["learning_rate"] for row in steps]
    check_scalar(learning, "batch_learning_rate", numbers, rates)
    check_scalar(learning, "epoch_learning_rate", epochs,
                 [rates[per_epoch * (epoch + 1) - 1] for epoch in epochs])
    # The mean of the epoch so far, which at its end is the epoch's.
    means = {event.step: event.value for event in learning.Scalars("batch_loss")}
    assert list(means) == numbers
    np.testing.assert_allclose(
        [means[per_epoch * (epoch + 1)] for epoch in epochs],
        np.float64([row["loss"] for row in log]), rtol=1e-6)
    assert all(event.value > 0
               for event in learning.Scalars("batch_steps_per_second"))

    pictures = learning.Images("samples")
    assert [event.step for event in pictures] == list(epochs)
    assert all(event.encoded_image_string.startswith(b"\xff\xd8")
               and event.width > 90 and event.height > 90
               for event in pictures)
    text = learning.Tensors("options")[0].tensor_proto.string_val[0].decode()
    assert "| size | 32 |" in text, text
    plugin = learning.SummaryMetadata("options").plugin_data.plugin_name
    assert plugin == "text", plugin


with tempfile.TemporaryDirectory() as temporary:
    masks = Path(temporary) / "masks"
    metrics = ["loss", "accuracy", "iou", "mean_iou"]
    options = ["--scenes", "20", "--val-fraction", "0.4",
               "--schedule", "cosine(warmup_steps=3)"]
    train("train_segmentation", masks, "--epochs", "2", *options)
    check(masks, metrics)
    train("train_segmentation", masks, "--epochs", "3", "--resume",
          masks / "model.keras", *options)
    check(masks, metrics)
    print("train_segmentation: ok", flush=True)

    table = Path(temporary) / "table.csv"
    scenes = sorted((masks / "scenes").glob("*.png"))
    table.write_text("\n".join(
        f"{scene},{'odd' if i % 2 else 'even'}"
        for i, scene in enumerate(scenes)) + "\n")
    classes = Path(temporary) / "classes"
    train("train_classifier", classes, "--csv", table, "--model", "convnet",
          "--val-fraction", "0.25", "--batch", "2")
    check(classes, ["loss", "accuracy"])
    print("train_classifier: ok", flush=True)
