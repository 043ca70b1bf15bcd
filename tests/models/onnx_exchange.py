"""onnxruntime computes from lathe's ONNX files what lathe does.

usage: onnx_exchange.py PROGRAM

PROGRAM (onnx_exchange.cpp) writes models, inputs and outputs. Exits with 77
where there is no onnxruntime.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import h5py
    import numpy as np
    import onnxruntime
except ImportError as error:
    print(f"skipped: {sys.executable} has no {error.name}")
    sys.exit(77)

# Both compute in float32 and sum in other orders; measured against the largest
# output.
TOLERANCE = 1e-4


def arrays(group):
    return {name: group[name][()] for name in group}


def compare(name, session, inputs, outputs, rows):
    names = [output.name for output in session.get_outputs()]
    given = {input: array[rows] for input, array in inputs.items()}
    for output, actual in zip(names, session.run(names, given)):
        expected = outputs[output][rows]
        assert actual.shape == expected.shape, (name, output, actual.shape)
        largest = np.abs(outputs[output]).max()
        error = np.abs(actual - expected).max() / largest
        assert error <= TOLERANCE, (name, output, rows, error)
        # What is the same everywhere would agree too easily.
        assert np.ptp(outputs[output]) > 1e-2 * largest, (name, output)


def check(path):
    session = onnxruntime.InferenceSession(
        path, providers=["CPUExecutionProvider"])
    with h5py.File(path.with_suffix(".h5")) as file:
        inputs, outputs = arrays(file["inputs"]), arrays(file["outputs"])
    assert {one.name for one in session.get_inputs()} == inputs.keys()
    assert {one.name for one in session.get_outputs()} == outputs.keys()
    for one in session.get_inputs():
        assert one.shape == ["N", *inputs[one.name].shape[1:]], one.shape
    count = len(next(iter(inputs.values())))
    for rows in (slice(count), *(slice(i, i + 1) for i in range(count))):
        compare(path.stem, session, inputs, outputs, rows)
    print(f"{path.stem}: ok", flush=True)
    return session.get_modelmeta().custom_metadata_map


with tempfile.TemporaryDirectory() as temporary:
    folder = Path(temporary)
    subprocess.run([sys.argv[1], folder], check=True)
    paths = sorted(folder.glob("*.onnx"))
    properties = {path.stem: check(path) for path in paths}
    assert len(paths) > 30, paths
    assert json.loads(properties["unet"]["input_scale"]) == np.float32(1 / 255)
    assert properties["nested"] == {"input_scale": "1.0",
                                    "class_names": '["cat","dog","ox"]'}
