"""Measures what each format promises: which build's files load into which build's models.

`measure` plays pairs of builds of one architecture on a real library (harness/workers), saves the
writer's weights, loads them into the reader's model that holds others, and compares every variable
by its id. `merge` makes corpus/promises.json of the two libraries' counts. `check` plays a fresh
sample and compares it with the committed table.

A row says `accept` when every trial was loaded and right, `refuse` when every trial was refused,
`depends` for anything else: mixed, silently wrong, too few trials, or a file that the library
cannot write.
"""

import argparse
import collections
import datetime
import json
import logging
import pathlib
import random
import sys
import tempfile
import zlib

import numpy

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "harness/workers"))
from keras_build import play
from keras_layers import Library, Unsupported
from keras_worker import Worker
from promise_builds import build_program, graph_program, has_kind, nestings, own_programs
from promise_models import ARCHITECTURES, GRAPHS

DIALECTS = {"keras": "keras3", "tf_keras": "tf_keras"}
FORMATS = {"legacy_h5": "m.h5", "legacy_h5_model": "whole.h5", "weights_h5": "m.weights.h5",
           "keras_archive": "m.keras"}
CONTAINERS = ["sequential", "functional", "subclass<layers", "subclass>layers", "subclass~layers"]
DEPTHS = ["", "/nested", "/nested2"]
GRAPH_KINDS = ["functional+graph", "functional+graph+wrapper"]
GRAPH_BUILDS = 6
KINDS = [c + d + s for s in ("", "+wrapper") for d in DEPTHS for c in CONTAINERS]
KINDS += GRAPH_KINDS
OWN_KINDS = [c + "/nested" + s + o for s in ("", "+wrapper") for o in ("+functional", "+own")
             for c in CONTAINERS]
OWN_KINDS += [c + s + "+own" for s in ("", "+wrapper") for c in CONTAINERS[2:4]]
KINDS += OWN_KINDS
OTHER_NESTING_SHARE = 0.2  # they promise nothing; fewer trials
ACCEPTED_MIN, REFUSED_MIN = 8, 20  # fewer loads say nothing
CHECKED_MIN = {"accept": 40, "refuse": 10}  # loads


def suffix(layers):
    """What harness/oracle/promises.h adds to the kind of a build of these layers."""
    return "+wrapper" if any("layers" in spec for spec in layers) else ""


def values(pairs, seed):
    """Distinct, positive: good for variances too. What counts is a whole number."""
    made = {}
    for name, variable in pairs:
        rng = numpy.random.default_rng([seed, zlib.crc32(name.encode())])
        made[name] = rng.uniform(0.5, 1.5, tuple(variable.shape)).astype("float32")
        if name.endswith("/count"):
            made[name] = numpy.asarray(seed + 10, numpy.asarray(variable).dtype)
    return made


class Bench:
    """One library; counts of accepted and right, wrong, refused and unwritable loads by row."""

    def __init__(self, library, seed, folder):
        self.library, self.folder = Library(library), pathlib.Path(folder)
        self.worker, self.rng = Worker(self.library), random.Random(seed)
        self.counts = collections.defaultdict(collections.Counter)
        self.unbuildable = self.written = 0
        # tf_keras repeats itself on stderr; what it says is in the worker's answers.
        for handler in list(logging.getLogger("tensorflow").handlers):
            logging.getLogger("tensorflow").removeHandler(handler)

    def make(self, input_shape, layers, steps, clear=True, **graph):
        if clear:
            self.library.clear_names()
        architecture = {"dialect": self.library.dialect, "input_shape": input_shape,
                        "layers": layers, **graph}
        return play(self.library, {"architecture": architecture, "build": steps})

    def write(self, player):
        """Saves in every format: path or None by format."""
        pairs, paths, folder = player.variables(), {}, self.folder / str(self.written)
        self.written += 1
        for name, value in values(pairs, 1).items():
            dict(pairs)[name].assign(value)
        folder.mkdir()
        for name, file in FORMATS.items():
            if name == "legacy_h5" and self.library.name == "keras":
                continue  # written as a whole model only; the weights of that are loaded below
            action = self.worker.write(player.model.object, {"format": name}, str(folder / file),
                                       True)
            answer, _ = self.worker.attempt(action)
            paths[name] = str(folder / file) if answer["outcome"] == "ok" else None
        return paths

    def load(self, player, path):
        pairs = player.variables()
        for name, value in values(pairs, 2).items():
            dict(pairs)[name].assign(value)
        answer, _ = self.worker.attempt(lambda: player.model.object.load_weights(path))
        if answer["outcome"] != "ok":
            return "refused"
        wanted = values(pairs, 1)
        right = all(numpy.array_equal(numpy.asarray(v), wanted[name]) for name, v in pairs)
        return "right" if right else "wrong"

    def kinds(self, layers, number):
        """(kind, nesting, steps) of builds drawn for one architecture: a nesting of each depth in
        turn, two builds of each container that a file can be promised for."""
        made = []
        for depth, layouts in nestings(len(layers)).items():
            ranges = layouts[number % len(layouts)]
            for container in CONTAINERS:
                for _ in range(1 if container.startswith("subclass") else 2):
                    steps = build_program(container, layers, ranges, self.rng)
                    if has_kind(container, steps):
                        made.append((container + depth + suffix(layers), tuple(ranges), steps))
        return made

    def pairs_of(self, builds, share, promised):
        """Numbers of writer and reader: `share` of those of one nesting, fewer of the others, five
        times as many of the kinds that a file is promised something for."""
        chosen, different = [], {}
        for w, (w_kind, w_nest, _) in enumerate(builds):
            for r, (r_kind, r_nest, _) in enumerate(builds):
                if w_nest == r_nest:
                    if self.rng.random() < share * (5 if (w_kind, r_kind) in promised else 1):
                        chosen.append((w, r))
                else:
                    different.setdefault((w_kind, r_kind), []).append((w, r))
        rows = sorted(different)
        for row in self.rng.sample(rows, round(len(rows) * share * OTHER_NESTING_SHARE)):
            chosen.append(self.rng.choice(different[row]))
        return chosen

    def run(self, architectures, share=1.0, promised=()):
        for number, name in enumerate(architectures):
            shape, layers = ARCHITECTURES[name]
            builds = self.kinds(layers, number)
            by_reader = collections.defaultdict(list)
            for w, r in self.pairs_of(builds, share, promised):
                by_reader[r].append(w)
            files = {}
            for w in sorted({w for ws in by_reader.values() for w in ws}):
                try:
                    player = self.make(shape, layers, builds[w][2])
                    files[w] = self.write(player)
                except Unsupported:
                    self.unbuildable += 1
            for r, writers in sorted(by_reader.items()):
                try:
                    player = self.make(shape, layers, builds[r][2], self.rng.random() < 0.5)
                except Unsupported:
                    self.unbuildable += 1
                    continue
                for w in [w for w in writers if w in files]:
                    nests = "same" if builds[w][1] == builds[r][1] else "different"
                    self.count(player, files[w], (builds[w][0], builds[r][0], nests))
            print(self.library.name, name, file=sys.stderr, flush=True)

    def count(self, player, files, row):
        for form, path in files.items():
            result = self.load(player, path) if path else "unwritable"
            self.counts[(form, *row)][result] += 1
            if form == "legacy_h5_model" and self.library.name == "keras":
                self.counts[("legacy_h5", *row)][result] += 1

    def run_other_attributes(self, architectures):
        """One kind of subclass on both sides, with attributes of other names or another order."""
        for number, name in enumerate(architectures):
            shape, layers = ARCHITECTURES[name]
            for depth, layouts in nestings(len(layers)).items():
                ranges = layouts[number % len(layouts)]
                for container in CONTAINERS[2:]:
                    builds = [build_program(container, layers, ranges, self.rng) for _ in range(2)]
                    if not all(has_kind(container, steps) for steps in builds):
                        continue
                    try:
                        files = self.write(self.make(shape, layers, builds[0]))
                        player = self.make(shape, layers, builds[1])
                    except Unsupported:
                        self.unbuildable += 1
                        continue
                    kind = container + depth + suffix(layers)
                    self.count(player, files, (kind, kind, "same"))

    def run_own(self, architectures):
        """Two builds of each container around one nested functional model, or one object of a
        person's own class, that both sides keep alike; and subclass models with one container."""
        for number, name in enumerate(architectures):
            shape, layers = ARCHITECTURES[name]
            for kinds, programs in own_programs(CONTAINERS, layers, number, self.rng):
                made = []
                for kind, steps in zip(kinds, programs):
                    try:
                        player = self.make(shape, layers, steps, self.rng.random() < 0.5)
                        made.append((kind + suffix(layers), player, self.write(player)))
                    except Unsupported:
                        self.unbuildable += 1
                for (w_kind, _, files) in made:
                    for (r_kind, player, _) in made:
                        row = (self.own_kind(w_kind), self.own_kind(r_kind), "same")
                        self.count(player, files, row)
            print(self.library.name, name, file=sys.stderr, flush=True)

    @staticmethod
    def own_kind(kind):
        """The suffixes stand in BuildKind's order: wrapper before own."""
        for last in ("+functional", "+own"):
            if last in kind:
                kind = kind.replace(last, "") + last
        return kind

    def run_graphs(self, names):
        """Every two builds of a graph. What is nesting in a chain is here the order in which the
        library keeps the layers: the formats know them by nothing else."""
        for name in names:
            graph, files, players = GRAPHS[name], [], []
            kind = "functional+graph" + suffix(graph["layers"])
            programs = [graph_program(graph, self.rng) for _ in range(GRAPH_BUILDS)]
            for steps in programs:
                player = self.make(**graph, steps=steps)
                files.append((self.write(player), self.order(player)))
            for steps in programs:
                player = self.make(**graph, steps=steps, clear=self.rng.random() < 0.5)
                for paths, order in files:
                    nests = "same" if order == self.order(player) else "different"
                    self.count(player, paths, (kind, kind, nests))
            print(self.library.name, name, file=sys.stderr, flush=True)

    @staticmethod
    def order(player):
        """Numbers of architecture layers, as the model lists its layers."""
        numbers = {id(node.object): node.index for node in player.layers}
        return [numbers[id(x)] for x in player.model.object.layers if id(x) in numbers]

    def run_equal_siblings(self):
        """Subclasses against the others where every nesting leaves equal siblings at the top, and
        the first subclass sets its attributes backwards."""
        shape, layers = [3], [DENSE] * 6
        for depth, layouts in nestings(len(layers)).items():
            for ranges in layouts[:2]:
                for container in CONTAINERS[2:]:
                    kinds = [container, container, "sequential", "functional"]
                    builds = [build_program(kind, layers, ranges, self.rng) for kind in kinds]
                    backwards = [s for s in builds[0] if s["op"] == "assemble"][0]
                    backwards["attribute_order"] = sorted(backwards["attribute_order"])[::-1]
                    players = [self.make(shape, layers, steps) for steps in builds]
                    files = [self.write(player) for player in players]
                    for w, r in ((0, 1), (1, 0), (0, 2), (0, 3), (2, 0), (3, 0), (2, 1), (3, 1)):
                        self.count(players[r], files[w], (kinds[w] + depth, kinds[r] + depth,
                                                          "same"))


def promise(row, counts):
    trials = sum(counts.values())
    if set(counts) == {"refused"} and trials >= REFUSED_MIN:
        return "refuse"
    # Another nesting is another set of classes: Names may ask for a refusal.
    if set(counts) == {"right"} and trials >= ACCEPTED_MIN and row[3] == "same":
        return "accept"
    return "depends"


def measure(arguments):
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.library, arguments.seed, folder)
        everything = not arguments.architectures and not arguments.graphs and not arguments.own
        chosen = list(ARCHITECTURES) if everything else arguments.architectures
        bench.run(chosen)
        bench.rng.seed(arguments.seed)
        bench.run_other_attributes(chosen)
        bench.rng.seed(arguments.seed)
        if everything:
            bench.run_equal_siblings()
            bench.rng.seed(arguments.seed)
        bench.run_graphs(list(GRAPHS) if everything else arguments.graphs)
        bench.rng.seed(arguments.seed)
        bench.run_own(list(ARCHITECTURES) if everything else arguments.own)
    rows = []
    for form in FORMATS:
        for nests in ("same", "different"):
            for w in KINDS:
                for r in KINDS:
                    counts = bench.counts.get((form, w, r, nests))
                    if counts:
                        rows.append({"format": form, "dialect": bench.library.dialect, "writer": w,
                                     "reader": r, "nests": nests,
                                     "promise": promise((form, w, r, nests), counts),
                                     "trials": dict(sorted(counts.items()))})
    said = {"library": "%s %s" % (bench.library.name, bench.library.version),
            "backend": bench.library.backend, "unbuildable": bench.unbuildable, "rows": rows}
    pathlib.Path(arguments.out).write_text(json.dumps(said))


def add_onto(table, part):
    """A part with the trials that the table already has for its dialect."""
    key = lambda row: (row["format"], row["writer"], row["reader"], row["nests"])
    dialect = DIALECTS[part["library"].split()[0]]
    rows = {key(row): row for row in table["rows"] if row["dialect"] == dialect}
    for row in part["rows"]:
        known = rows.get(key(row))
        trials = collections.Counter(row["trials"]) + collections.Counter(
            known["trials"] if known else {})
        rows[key(row)] = dict(row, promise=promise(key(row), trials),
                              trials=dict(sorted(trials.items())))
    return dict(part, rows=list(rows.values()))


def merge(arguments):
    parts = [json.loads(pathlib.Path(p).read_text()) for p in arguments.parts]
    if arguments.onto:
        table = json.loads(pathlib.Path(arguments.onto).read_text())
        parts = [add_onto(table, part) for part in parts]
    head = {"schema": 1, "script": "scripts/promises", "date": str(datetime.date.today()),
            "seed": arguments.seed,
            "libraries": [{k: p[k] for k in ("library", "backend", "unbuildable")} for p in parts],
            "loads": sum(sum(r["trials"].values()) for p in parts for r in p["rows"]
                         if (r["format"], r["dialect"]) != ("legacy_h5", "keras3"))}
    lines = ",\n".join(json.dumps(row) for p in parts for row in p["rows"])
    text = json.dumps(head, indent=1)[:-2] + ',\n "rows": [\n' + lines + "\n]}\n"
    json.loads(text)
    pathlib.Path(arguments.out).write_text(text)
    count = collections.Counter(r["promise"] for p in parts for r in p["rows"])
    print("%d loads, rows: %s" % (head["loads"], dict(count)))


def check(arguments):
    dialect = DIALECTS[arguments.library]
    table = json.loads(pathlib.Path(arguments.table).read_text())
    rows = {(r["format"], r["writer"], r["reader"], r["nests"]): r["promise"]
            for r in table["rows"] if r["dialect"] == dialect}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.library, arguments.seed, folder)
        names = bench.rng.sample(sorted(ARCHITECTURES), arguments.architectures)
        bench.run(names, arguments.share, {row[1:3] for row, said in rows.items()
                                           if said != "depends"})
        bench.run_graphs(bench.rng.sample(sorted(GRAPHS), 1))
    asked, faults = collections.Counter(), []
    for row, counts in sorted(bench.counts.items()):
        said = rows.get(row, "depends" if row[3] == "different" else None)
        if said is None:
            faults.append("no row for %s" % (row,))
        asked[said] += sum(counts.values())
        if said in ("accept", "refuse"):
            wanted = {"accept": "right", "refuse": "refused"}[said]
            if set(counts) != {wanted}:
                faults.append("%s: the table says %s, measured %s" % (row, said, dict(counts)))
    print("\n".join(faults))
    print("%s %s, %s: loads of rows %s, %d faults"
          % (arguments.library, bench.library.version, names, dict(asked), len(faults)))
    few = [said for said, least in CHECKED_MIN.items() if asked[said] < least]
    if few:
        print("too few loads of rows %s" % few)
    sys.exit(1 if faults or few else 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("measure")
    one.set_defaults(run=measure)
    two = commands.add_parser("check")
    two.set_defaults(run=check)
    for command in (one, two):
        command.add_argument("--library", choices=sorted(DIALECTS), required=True)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--out", required=True)
    one.add_argument("--architectures", nargs="*", default=[], help="of these models only")
    one.add_argument("--graphs", nargs="*", default=[], help="of these graphs only")
    one.add_argument("--own", nargs="*", default=[],
                     help="nests of a person's own class in these models only")
    two.add_argument("--seed", type=int, default=2)
    two.add_argument("--table", required=True)
    two.add_argument("--architectures", type=int, default=3)
    two.add_argument("--share", type=float, default=0.04)
    three = commands.add_parser("merge")
    three.set_defaults(run=merge)
    three.add_argument("--seed", type=int, default=1)
    three.add_argument("--out", required=True)
    three.add_argument("--onto", help="a table whose trials count too")
    three.add_argument("parts", nargs="+")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
