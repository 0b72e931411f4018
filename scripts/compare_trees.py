"""Compares the trees that we write with those that the real library writes for the same models.

For fresh random cases the writer encodes both builds in every format; the real library (harness/
workers) plays the same programs with the same weights and saves. h5py reads both files: groups,
datasets, attributes, the order of name lists, shapes, types and bytes must be the same. Left out:
backend, keras_version, model_config, training_config, and state of optimizer, metrics and seeds.
"""

import argparse
import collections
import json
import logging
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "harness/workers"))
from keras_layers import Library
from keras_worker import Worker

DIALECTS = {"keras": "keras3", "tf_keras": "tf_keras"}
ATTRIBUTES_LEFT_OUT = {"backend", "keras_version", "model_config", "training_config"}
GROUPS_LEFT_OUT = {"optimizer", "optimizer_weights", "metrics", "seed_generator"}
UNSUPPORTED_MAX = 0.1  # share of models that the real library does not make


def attribute(item, name):
    """Kind of type, shape and values."""
    low = item.attrs.get_id(name)
    kind = low.get_type()
    value = item.attrs[name]
    if isinstance(kind, h5py.h5t.TypeStringID):
        kind = "%s string of set %d" % ("vlen" if kind.is_variable_str() else "fixed",
                                        kind.get_cset())
        value = [v.decode() if isinstance(v, bytes) else str(v) for v in numpy.ravel(value)]
    else:
        kind, value = str(kind.dtype), numpy.asarray(value).tolist()
    return kind, low.shape, value


def tree(path):
    """Entry by place: what stands there, comparable."""
    entries = {}

    def visit(item, place):
        entries[place or "/"] = "group"
        for name in item.attrs:
            if name not in ATTRIBUTES_LEFT_OUT:
                entries["%s@%s" % (place, name)] = attribute(item, name)
        for name, child in item.items():
            where = "%s/%s" % (place, name)
            if name in GROUPS_LEFT_OUT:
                continue
            if isinstance(child, h5py.Group):
                visit(child, where)
            else:
                entries[where] = (str(child.dtype), child.shape, child[()].tobytes())
                for extra in child.attrs:
                    entries["%s@%s" % (where, extra)] = attribute(child, extra)

    with h5py.File(path) as file:
        visit(file, "")
    return entries


def short(entry):
    text = repr(entry)
    return text if len(text) < 300 else text[:300] + " ..."


def differences(ours, real):
    """(class of the disagreement, sentence)"""
    for place in sorted(set(ours) | set(real)):
        if ours.get(place) == real.get(place):
            continue
        tail = place.split("@")[1] if "@" in place else "entry"
        if place not in ours:
            yield "%s missing" % tail, "%s: only the library writes it" % place
        elif place not in real:
            yield "%s too many" % tail, "%s: only we write it" % place
        else:
            a, b = ours[place], real[place]
            what = "entry" if "group" in (a, b) else [
                name for name, x, y in zip(("type", "shape", "values"), a, b) if x != y][0]
            yield "%s %s" % (tail, what), "%s: ours %s, the library's %s" % (
                place, short(a), short(b))


class Comparison:
    def __init__(self, library):
        self.worker = Worker(Library(library))
        # tf_keras repeats itself on stderr; what it says is in the worker's answers.
        for handler in list(logging.getLogger("tensorflow").handlers):
            logging.getLogger("tensorflow").removeHandler(handler)
        self.compared, self.refused = collections.Counter(), collections.Counter()
        self.unsupported, self.faults = collections.Counter(), collections.defaultdict(list)

    def take(self, line):
        request, name = line["request"], pathlib.Path(line["file"]).name
        if request["format"] == "legacy_h5" and self.worker.library.name == "keras":
            return  # Keras 3 writes legacy H5 as a whole model only
        answer = self.worker.answer(request)
        form, outcome = request["format"], answer["outcome"]
        saved = outcome == "ok"
        program = json.dumps(request["build"]["program"])
        if outcome == "unsupported":
            self.unsupported[form] += 1
        elif outcome == "worker_error":
            self.fault(form, "worker_error", name, answer["traceback"], program)
        elif saved and line["refused"]:
            self.fault(form, "only we refuse", name, line["refused"], program)
        elif not saved and not line["refused"]:
            self.fault(form, "only the library refuses", name, answer["message"], program)
        elif not saved:
            self.refused[form] += 1
        else:
            self.compared[form] += 1
            for kind, text in differences(tree(line["file"]), tree(request["path"])):
                self.fault(form, kind, name, text, program)
        for path in (line["file"], request["path"]):
            pathlib.Path(path).unlink(missing_ok=True)

    def fault(self, form, kind, name, text, program):
        self.faults[form, kind].append((name, text, program))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", choices=sorted(DIALECTS), required=True)
    parser.add_argument("--writer", required=True, help="weightproof_trees_write")
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--seed", type=int, default=60223)
    parser.add_argument("--examples", type=int, default=2, help="printed of each disagreement")
    arguments = parser.parse_args()
    comparison = Comparison(arguments.library)
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([arguments.writer, str(arguments.seed), str(arguments.cases),
                               DIALECTS[arguments.library], out],
                              stdout=subprocess.PIPE, text=True, check=True)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        for line in lines:
            comparison.take(line)
    for (form, kind), found in sorted(comparison.faults.items()):
        files = len({name for name, _, _ in found})
        print("%s: %s, in %d files" % (form, kind, files))
        for name, text, program in found[:arguments.examples]:
            print("  %s: %s\n    %s" % (name, text, program))
    wrong = {(form, name) for (form, _), found in comparison.faults.items()
             for name, _, _ in found}
    compared, unsupported = sum(comparison.compared.values()), sum(comparison.unsupported.values())
    print("%s %s: seed %d, %d cases; compared %s, refused by both %s, not made by the library %s; "
          "%d files disagree" % (arguments.library, comparison.worker.library.version,
                                 arguments.seed, arguments.cases, dict(comparison.compared),
                                 dict(comparison.refused), dict(comparison.unsupported),
                                 len(wrong)))
    nothing = compared < 2 * arguments.cases or unsupported > UNSUPPORTED_MAX * len(lines)
    if nothing:
        print("too few trees were compared")
    sys.exit(1 if wrong or nothing else 0)


if __name__ == "__main__":
    main()
