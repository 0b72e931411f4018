"""Loads what we wrote with a real library and compares predictions within our bounds.

For every golden model of the library, the writer makes architecture.json and a file per format in a
fresh folder; each must load, as weights and (the whole-model file) as a model.
"""

import argparse
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np

MODELS_MIN = 40


def import_library(name):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["KERAS_BACKEND"] = "numpy"
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    if name == "keras":
        import keras as library
    else:
        import tf_keras as library
    return library


def problem(model, inputs, folder):
    """What is wrong with the model's predictions, or None."""
    predictions = np.asarray(model(inputs, training=False), "float64")
    expected = np.load(folder / "predictions.npy")
    bounds = np.load(folder / "bounds.npy")
    if not np.all(np.isfinite(bounds)):
        return "the inputs straddle a discontinuity"
    if predictions.shape != expected.shape:
        return f"shape {predictions.shape} instead of {expected.shape}"
    if not np.all(np.abs(predictions - expected) <= bounds):
        return f"predictions differ by {np.abs(predictions - expected).max()}"
    return None


def loads(library, folder):
    """Name and loading function of each way in."""
    def weights(name):
        model = library.models.model_from_json((folder / "architecture.json").read_text())
        model.load_weights(folder / name)
        return model

    for name in ("legacy.h5", "model.h5", "ours.weights.h5"):
        yield name, lambda name=name: weights(name)
    yield "model.h5 as a model", lambda: library.models.load_model(folder / "model.h5")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", choices=["keras", "tf_keras"], required=True)
    parser.add_argument("--golden", type=pathlib.Path, required=True)
    parser.add_argument("--writer", required=True)
    arguments = parser.parse_args()
    library = import_library(arguments.library)
    index = json.loads((arguments.golden / "index.json").read_text())
    folders = [one["folder"] for one in index["models"] if one["library"] == arguments.library]
    tried, faults = 0, []
    for name in folders:
        inputs = np.load(arguments.golden / name / "inputs.npy")
        with tempfile.TemporaryDirectory() as out:
            done = subprocess.run([arguments.writer, str(arguments.golden), name, out],
                                  stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode != 0:
                faults.append(done.stderr.strip() or f"{name}: exit code {done.returncode}")
                continue
            for what, load in loads(library, pathlib.Path(out)):
                tried += 1
                try:
                    fault = problem(load(), inputs, pathlib.Path(out))
                except Exception as error:  # whatever the library says against our file
                    fault = f"{type(error).__name__}: {error}"
                if fault:
                    faults.append(f"{name} {what}: {fault[:600]}")
    print("\n".join(faults))
    print(f"{arguments.library} {library.__version__}: {len(folders)} models, {tried} loads, "
          f"{len(faults)} wrong")
    sys.exit(1 if faults or len(folders) < MODELS_MIN or tried < 4 * len(folders) else 0)


if __name__ == "__main__":
    main()
