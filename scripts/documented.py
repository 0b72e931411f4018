"""Holds the tables of documented sentences (harness/workers/promises_*.json) to the installed library.

Every quote must stand, white space aside, in the docstring of the object that the table names, and
the table must be of the installed version. Exit code 1 with the quotes that do not.

With --derive OUT the version may be another one: OUT becomes the table of the installed version, with
those sentences that stand there word for word.
"""

import argparse
import importlib
import inspect
import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "numpy")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")


def words(text):
    return " ".join((text or "").split())


def find(path):
    """The object of "keras.Model.load_weights": the longest module that there is, then attributes."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            found = getattr(found, name)
        return found
    raise ModuleNotFoundError(path)


def fault(sentence):
    """Why a table's sentence does not stand where it should; "" when it does."""
    try:
        documentation = words(inspect.getdoc(find(sentence["object"])))
    except (AttributeError, ModuleNotFoundError) as error:
        return "%s is not there: %s" % (sentence["object"], error)
    if words(sentence["quote"]) not in documentation:
        return "not in the docstring of %s" % sentence["object"]
    return ""


def derive(table, installed, out):
    standing = [s for s in table["sentences"] if not fault(s)]
    partial = out.with_suffix(".new")
    partial.write_text(json.dumps(dict(table, version=installed, sentences=standing), indent=1))
    partial.replace(out)
    print("%d of %d sentences stand in %s %s"
          % (len(standing), len(table["sentences"]), table["library"], installed))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", choices=["keras", "tf_keras"], required=True)
    parser.add_argument("--table", type=pathlib.Path, required=True)
    parser.add_argument("--derive", type=pathlib.Path, metavar="OUT")
    arguments = parser.parse_args()
    table = json.loads(arguments.table.read_text())
    installed = importlib.import_module(arguments.library).__version__
    if arguments.derive:
        return derive(table, installed, arguments.derive)
    faults = []
    if (table["library"], table["version"]) != (arguments.library, installed):
        faults.append("the table is of %s %s, installed is %s %s"
                      % (table["library"], table["version"], arguments.library, installed))
    if not table["sentences"]:
        faults.append("the table has no sentence")
    faults += ["%s: %s" % (s["id"], why) for s in table["sentences"] if (why := fault(s))]
    print("\n".join(faults) or "%d sentences of %s %s stand where the table says"
          % (len(table["sentences"]), arguments.library, installed))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
