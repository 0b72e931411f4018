"""The plain loop that scripts/bench loads is measured against: save, rebuild, load, predict.

Plays the builds of weightproof cases, with the library's own calls and nothing of the harness around
them: no assigned weights, no control arm, no comparison. Says how many loads it did in how many
seconds; importing the library is not in them.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

import numpy

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness" / "workers"))
from keras_build import play
from keras_layers import Library, Unsupported

SUFFIXES = {"weights_h5": ".weights.h5", "keras_archive": ".keras"}


def once(library, case, folder, number):
    """Whether it came to a load."""
    route, architecture = case["route"], case["architecture"]
    path = os.path.join(folder, "%d%s" % (number, SUFFIXES.get(route["format"], ".h5")))
    whole = route["format"] in ("legacy_h5_model", "keras_archive")
    options = {"by_name": True} if route.get("mode") == "by_name" else {}
    if route.get("skip_mismatch"):
        options["skip_mismatch"] = True
    shapes = [architecture["input_shape"]] + architecture.get("more_inputs", [])
    inputs = [numpy.ones([3] + shape, "float32") for shape in shapes]
    library.clear_names()
    try:
        model = play(library, {"architecture": architecture,
                               "build": case["writer"]["build"]}).model.object
        model.save(path) if whole else model.save_weights(path)
        as_model = route.get("load_as") == "model"
        if not as_model:
            model = play(library, {"architecture": architecture,
                                   "build": case["reader"]["build"]}).model.object
    except Exception:  # what the library does not build or write; not a load
        return False
    try:
        if as_model:
            model = library.keras.models.load_model(path)
        else:
            model.load_weights(path, **options)
        model(inputs if len(inputs) > 1 else inputs[0])
    except Exception:  # a refusal is an outcome like any other
        pass
    finally:
        os.remove(path)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", choices=["keras", "tf_keras"], required=True)
    parser.add_argument("--cases", type=pathlib.Path, required=True)
    parser.add_argument("--part", type=int, nargs=2, default=[0, 1], metavar=("I", "N"))
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--gate", type=pathlib.Path, required=True,
                        help="waits until this file is there")
    options = parser.parse_args()
    part, parts = options.part
    cases = [json.loads(p.read_text()) for p in sorted(options.cases.glob("*.json"))[part::parts]]
    library = Library(options.library)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        once(library, cases[0], folder, 0)
        print("ready", flush=True)
        while not options.gate.exists():
            time.sleep(0.02)
        loads, number, start = 0, 0, time.monotonic()
        while time.monotonic() - start < options.seconds:
            loads += once(library, cases[number % len(cases)], folder, number)
            number += 1
        print(json.dumps({"loads": loads, "seconds": time.monotonic() - start}), flush=True)


if __name__ == "__main__":
    main()
