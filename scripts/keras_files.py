"""Writes weight files with the Keras of this environment, as that version writes them by default:
models drawn by golden.py, one in four trained for a step, and stacks of 4 to 300 layers.

    keras_files.py --library keras|tf_keras --first N --models N --out OUT

Model numbers begin at `first`; another number is another model. What was written is added to
OUT/index.tsv: file, library, version, kind. KERAS_BACKEND is for the caller to set.
"""

import argparse
import importlib
import logging
import os
import pathlib
import random
import warnings
import zipfile

import numpy as np

from golden import ATTEMPTS_MAX, TRAINED_EVERY, Maker, Rejected

STACKS = [(50, "plain", True), (300, "plain", False), (300, "long", False)]
# Keras 2 takes no such names, TensorFlow no calls of such layers. HDF5 keeps groups of such names
# as link messages, more than eight in a fractal heap.
STACKS_KERAS_3 = [(4, "utf8", False), (12, "utf8", False)]
STACK_LAYERS = ["Dense", "Dense", "BatchNormalization", "LayerNormalization", "PReLU", "Activation",
                "Dropout"]


def open_library(name):
    warnings.simplefilter("ignore")
    library = importlib.import_module(name)
    import absl.logging  # comes with every Keras
    absl.logging.set_verbosity(absl.logging.ERROR)
    logging.disable(logging.WARNING)
    return library


def knows(library, activation):
    try:
        return bool(library.activations.get(activation))
    except ValueError:
        return False


def draw(maker):
    for number in range(ATTEMPTS_MAX):
        try:
            return maker.attempt(number)[1]
        except (Rejected, TypeError, ValueError, NotImplementedError):
            continue  # an older version may lack an argument that golden.py draws
    raise RuntimeError(f"no model {maker.index} after {ATTEMPTS_MAX} attempts")


def layer_name(kind, number):
    return {"long": f"layer_{number:03}_" + "n" * 240, "utf8": f"größe_{number}"}[kind]


def stack(maker, count, names):
    """`count` layers one upon the other. `names`: plain, or of the kinds of layer_name."""
    maker.rng = random.Random(f"{maker.index}/{count}/{names}")
    maker.library.backend.clear_session()
    x = start = maker.library.Input((6,))
    for number in range(count):
        name = maker.rng.choice(STACK_LAYERS)
        arguments = maker.arguments(name, tuple(x.shape[1:]))
        if names != "plain":
            arguments["name"] = layer_name(names, number)
        x = getattr(maker.layers, name)(**arguments)(x)
    model = maker.library.Model(start, x)
    if maker.trained:
        numbers = np.random.default_rng(maker.index)
        maker.train(model, numbers.uniform(-1, 1, (4, 6)).astype("float32"), numbers)
    return model


def save(model, kind, stem):
    """Writes every kind of file of this library; returns their paths by kind."""
    paths = {what: stem.with_name(f"{stem.name}.{ending}") for what, ending in {
        "weights_h5": "weights.h5", "legacy_h5_model": "model.h5", "keras": "keras.h5"}.items()}
    if kind == "tf_keras":
        paths["legacy_h5"] = stem.with_name(stem.name + ".h5")
        model.save_weights(str(paths["legacy_h5"]))
    model.save_weights(str(paths["weights_h5"]))
    try:
        model.save(str(paths["legacy_h5_model"]))
    except ValueError as error:  # Keras 3.0 gives two weights of a nested model one name
        print(f"{stem}: no legacy_h5_model: {error}", flush=True)
        paths.pop("legacy_h5_model").unlink()
    archive = stem.with_name(stem.name + ".keras")
    model.save(str(archive))
    with zipfile.ZipFile(archive) as opened:
        paths["keras"].write_bytes(opened.read("model.weights.h5"))
    archive.unlink()
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", choices=["keras", "tf_keras"], required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--models", type=int, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    library = open_library(arguments.library)
    version = library.__version__
    kind = "keras" if version.startswith("3.") else "tf_keras"  # of golden.py: the generation
    folder = arguments.out / f"{arguments.library}-{version}"
    folder.mkdir(exist_ok=True)
    stacks = STACKS + (STACKS_KERAS_3 if kind == "keras" else [])
    for index in range(arguments.first, arguments.first + arguments.models + len(stacks)):
        number = index - arguments.first - arguments.models  # of the stack, once it is one's turn
        trained = stacks[number][2] if number >= 0 else index % TRAINED_EVERY == TRAINED_EVERY - 1
        maker = Maker(kind, library, index, trained)
        maker.pool = [name for name in maker.pool if knows(library, name)]
        model = stack(maker, *stacks[number][:2]) if number >= 0 else draw(maker)
        words = [f"{index:04}"] + (["{}-{}".format(*stacks[number])] if number >= 0 else [])
        paths = save(model, kind, folder / "-".join(words + ["trained"] * trained))
        with open(arguments.out / "index.tsv", "a", encoding="utf-8") as index_file:
            for what, path in paths.items():
                row = (str(path.relative_to(arguments.out)), arguments.library, version, what)
                index_file.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main()
