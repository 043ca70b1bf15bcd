"""Chooses what Keras computes with, before Keras is imported."""

import importlib.util
import os
import sys

SKIPPED = 77


def installed(backend):
    # Keras' backend of NumPy takes its convolutions from JAX.
    needed = {"numpy": "jax"}.get(backend, backend)
    return importlib.util.find_spec(needed) is not None


def choose(*backends):
    """The first that is installed; ends the script where none is."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    # JAX compiles all it runs, and what is here runs a few times only.
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 "
                          "--xla_cpu_use_fusion_emitters=false")
    found = [backend for backend in backends if installed(backend)]
    if importlib.util.find_spec("keras") is None or not found:
        print(f"skipped: {sys.executable} has no Keras with a backend")
        sys.exit(SKIPPED)
    os.environ.setdefault("KERAS_BACKEND", found[0])
