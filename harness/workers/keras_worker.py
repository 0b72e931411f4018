"""Plays weightproof cases on a real Keras: the worker behind the testees `keras` and `tf_keras`.

Speaks the protocol of harness/testee/PROTOCOL.md (JSON Lines) on stdin and stdout. The meaning of
every build step stands in harness/case/CASE.md; keras_build.py plays them.
"""

import argparse
import contextlib
import gc
import hashlib
import inspect
import json
import os
import sys
import traceback

import numpy

sys.dont_write_bytecode = True  # the source tree stays as it is
from keras_build import STEPS, play
from keras_layers import (LOOKUPS, Library, Unsupported, is_compiled, keeper,
                          optimizer_variables, variables_of, vocabularies)
from keras_models import KEPT_MAX, Models, Recent, assign_all
from keras_process import aspects
from keras_wire import Log, from_wire, predict, to_wire

PROTOCOL = 1
LINE_BYTES_MAX = 64 << 20
SHARD_BYTES_MIN = 64
HOSTILE = ["external_link", "soft_link", "external_storage", "virtual", "huge", "bomb", "traversal",
           "config"]
DTYPES = ["float32", "float16", "bfloat16", "float64"]  # of variables, by dtype policies
MODEL = {"build", "inputs", "more_inputs"}
FIELDS = {"describe": set(), "assign": MODEL | {"weights"},
          "save": MODEL | {"weights", "format", "dialect", "path", "overwrite", "sharded"},
          "load": MODEL | {"initial", "format", "load_as", "by_name", "skip_mismatch", "partial",
                           "path", "resave_path"}}


class Worker:
    def __init__(self, library):
        self.library, self.keras = library, library.keras
        self.models = Models(library)
        self.befores = Recent(KEPT_MAX)

    def describe(self, _request):
        legacy = ["legacy_h5"] if self.library.name == "tf_keras" else []
        sharded = ["sharded"] if self.shards() else []
        return {"outcome": "ok", "protocol": PROTOCOL, "name": self.library.name,
                "version": self.library.version, "backend": self.library.backend,
                "reuses_models": True,
                "reads": [] if legacy else ["legacy_h5"], "dtypes": DTYPES,
                "promises": ["pairs-by-position", "pairs-by-name"],
                "space": {"layers": self.library.layers, "steps": self.steps(),
                          "formats": legacy + ["legacy_h5_model", "weights_h5", "keras_archive"],
                          "dialects": [self.library.dialect],
                          "modes": ["by_order", "by_name", "skip_mismatch", "model"] + sharded,
                          "hostile": HOSTILE}}

    def steps(self):
        has = {"lora": hasattr(self.keras.layers.Dense, "enable_lora"),
               "quantize": hasattr(self.keras.Model, "quantize"),
               "vocabulary": bool(LOOKUPS & set(self.library.layers))}
        return [step for step in STEPS if has.get(step.split(":")[0], True)]

    def shards(self):
        parameters = inspect.signature(self.keras.Model.save_weights).parameters
        return "max_shard_size" in parameters

    @contextlib.contextmanager
    def session(self, build):
        """Working directory and umask are those of the request."""
        session, start = build.get("session", {}), os.getcwd()
        folder = os.path.join(build["directory"], session.get("working_directory", ""))
        os.makedirs(folder, exist_ok=True)
        umask = session.get("umask", -1)
        old = os.umask(umask) if umask >= 0 else None
        try:
            os.chdir(folder)
            yield session
        finally:
            os.chdir(start)
            if old is not None:
                os.umask(old)

    def state(self, model, pairs, inputs, when="", loaded=False, once=False):
        """Variables and prediction; the last one is made twice to see whether it repeats, unless
        once is enough."""
        answer = {"variables" + when: [dict(to_wire(v), id=name) for name, v in pairs]}
        if inputs is None:
            return answer
        try:
            first = predict(model, inputs)
            answer["prediction" + when] = to_wire(first)
            if not when and not once:
                answer["repeatable"] = first.tobytes() == predict(model, inputs).tobytes()
        except Exception as error:
            text = "%s: %s" % (type(error).__name__, error)
            if not loaded:
                raise Unsupported("predict: " + text) from error
            answer["prediction_error"] = text  # what load_model made need not take these inputs
        return answer

    def before(self, player, pairs, request, inputs, reuse):
        """How the model stands before a load; with `reuse`, the same values in the same model once.
        A model that is to be saved again predicts nothing before that: tf_keras' deferred Sequential
        forgets its batch size with a second one."""
        if request.get("resave_path"):
            return self.state(player.model.object, pairs, None, "_before")
        text = reuse and player.text + json.dumps(
            [request.get(key) for key in ("initial", "inputs", "more_inputs")])
        found = self.befores.look(text) if reuse else None
        if not found:
            found = self.state(player.model.object, pairs, inputs, "_before")
            if reuse:
                self.befores.put(text, found)
        return found

    def beside(self, model, pairs, asked=None, player=None):
        """What the model is like beside its weights, in texts that the harness compares."""
        ids = {id(variable): name for name, variable in pairs}
        state = {"trainable": " ".join(sorted(ids[id(v)] for v in model.trainable_weights
                                              if id(v) in ids)),
                 "compiled": "yes" if is_compiled(model) else "no"}
        if is_compiled(model) and getattr(model, "optimizer", None) is not None:
            values = [numpy.asarray(v) for v in optimizer_variables(model)]
            digest = hashlib.sha256(b"".join(value.tobytes() for value in values)).hexdigest()
            state["optimizer"] = "%s with %d variables, content %s" % (
                type(model.optimizer).__name__, len(values), digest[:12])
        if self.library.name == "tf_keras":
            looked_up = vocabularies(model)
            if looked_up:
                state["vocabulary"] = json.dumps(looked_up)
        if asked is not None:
            state["own_state"] = "asked" if asked else "not asked"
        if player is not None and player.compiled_by_json:
            state["compiled_by_json"] = "yes"
        return state

    def inputs(self, request):
        if not request.get("inputs"):
            return None
        first, more = from_wire(request["inputs"]), request.get("more_inputs", [])
        return [first] + [from_wire(tensor) for tensor in more] if more else first

    def attempt(self, action):
        """Runs one call of the library: its answer, and what it returned."""
        log, result = Log(), None
        answer = {"outcome": "ok"}
        try:
            with log.listening():
                result = action()
        except Exception as error:  # a refusal is whatever the library raises
            # tf_keras: legacy files cannot hold a vocabulary that was taken in.
            if isinstance(error, NotImplementedError) and "VocabWeightHandler" in str(error):
                raise Unsupported("vocabulary taken in: legacy files hold none") from error
            answer = {"outcome": "refused", "kind": type(error).__name__, "message": str(error)}
        answer["warnings"] = log.lines
        return answer, result

    def watched(self, action):
        """The same of a load: with what it may not change, as it was and as it is."""
        before = aspects(self.library)
        answer, result = self.attempt(action)
        return dict(answer, process={"before": before, "after": aspects(self.library)}), result

    @staticmethod
    def expect_suffix(request):
        """Both libraries take the format from the path's suffix, case and all."""
        name, path = request["format"], request["path"]
        weights = path.endswith(".weights.h5")
        shards = path.endswith(".weights.json")
        fits = {"weights_h5": weights or shards, "keras_archive": path.endswith(".keras")}.get(
            name, path.endswith((".h5", ".hdf5")) and not weights)
        if not fits:
            raise Unsupported("path: its suffix does not mean %s here" % name)

    def expect_mode(self, request):
        """Options that the library says it does not combine."""
        legacy = request["format"].startswith("legacy")
        if self.library.name == "keras" and request.get("by_name") and not legacy:
            raise Unsupported("mode by_name: Keras 3 has it for legacy files only")
        if (self.library.name == "tf_keras" and legacy and request.get("skip_mismatch")
                and not request.get("by_name")):
            raise Unsupported("mode skip_mismatch: tf_keras has it with by_name only")

    def write(self, model, request, path, overwrite):
        """A call that saves, or Unsupported."""
        name = request["format"]
        options = {} if overwrite else {"overwrite": False}
        if request.get("sharded"):
            if not self.shards():
                raise Unsupported("mode sharded")
            largest = max([SHARD_BYTES_MIN] + [numpy.asarray(v).nbytes for v in model.weights])
            options["max_shard_size"] = largest / 1024**3
        elif path.endswith(".weights.json"):
            raise Unsupported("path: its suffix means sharded weights here")
        if name == "legacy_h5" and self.library.name == "keras":
            raise Unsupported("format legacy_h5: Keras 3 writes it as a whole model only")
        if name in ("legacy_h5", "weights_h5"):
            return lambda: model.save_weights(path, **options)
        return lambda: model.save(path, **options)

    def assign(self, request):
        build = request["build"]
        reuse = self.models.reuses(build)
        with self.session(build):
            player, pairs = self.models.assigned(build, request["weights"], reuse, True)
            return dict(self.state(player.model.object, pairs, self.inputs(request), once=reuse),
                        outcome="ok", warnings=[])

    def save(self, request):
        if request["dialect"] != self.library.dialect:
            raise Unsupported("dialect " + request["dialect"])
        self.expect_suffix(request)
        build = request["build"]
        reuse = self.models.reuses(build)
        with self.session(build):
            player, pairs = self.models.assigned(build, request["weights"], reuse)
            model = player.model.object
            action = self.write(model, request, request["path"], request.get("overwrite", True))
            answer, _ = self.attempt(action)
            answer = dict(self.state(model, pairs, self.inputs(request), once=reuse), **answer)
            asked = any(c.asked["saved"] for c in player.own.values()) if player.own else None
            answer["state"] = self.beside(model, pairs, asked, player)
            return answer

    def load(self, request):
        if request.get("partial"):
            raise Unsupported("mode partial")
        self.expect_suffix(request)
        self.expect_mode(request)
        build = request["build"]
        with self.session(build) as session:
            twice = session.get("load_twice", False)
            reuse = self.models.reuses(build) and not twice
            if not reuse:
                self.models.begin(build)
            for _ in range(2 if twice else 1):
                answer = self.load_once(request, reuse)
            return answer

    def load_once(self, request, reuse):
        build, path, inputs = request["build"], request["path"], self.inputs(request)
        program, before, own, player = build["program"], {}, {}, None
        if request.get("load_as") == "model":
            if any(s["op"] == "assemble" and s["how"] == "subclass" for s in program["build"]):
                raise Unsupported("load_model of a subclass")
            for step in program["build"]:
                if step["op"] == "own_state":
                    name = program["architecture"]["layers"][step["layer"]]["class"]
                    own.setdefault(name, keeper(getattr(self.keras.layers, name)))
            options = {"custom_objects": own} if own else {}
            if reuse:
                self.models.begin(build, True)
            answer, model = self.watched(lambda: self.keras.models.load_model(path, **options))
            if model is None:
                return answer
            pairs = self.loaded_variables(model, program)
        else:
            player, pairs = self.models.model(build, reuse)
            model, own = player.model.object, player.own
            assign_all(model, pairs, request["initial"])
            before = self.before(player, pairs, request, inputs, reuse)
            options = {key: True for key in ("by_name", "skip_mismatch") if request.get(key)}
            answer, _ = self.watched(lambda: model.load_weights(path, **options))
        # As it was loaded: what is looked at below may build what a save would then hold.
        if request.get("resave_path") and answer["outcome"] == "ok":
            try:
                again, _ = self.attempt(self.write(model, request, request["resave_path"], True))
            except Unsupported as error:
                again = {"outcome": "unsupported", "message": str(error)}
            answer["resave"] = {"outcome": again["outcome"], "message": again.get("message", "")}
        after = self.state(model, pairs, inputs, loaded=True, once=reuse)
        answer = {**before, **after, **answer}
        if answer["outcome"] == "ok":
            asked = any(c.asked["loaded"] for c in own.values()) if own else None
            answer["state"] = self.beside(model, pairs, asked, player)
        return answer

    def loaded_variables(self, model, program):
        """Of a model that the library made from a file. The layers of a graph are known by their
        places, which are those of a model that the program makes."""
        def children(container):
            layers = container.layers
            if graph and container is model:
                places = {id(x): i for i, x in enumerate(player.model.object.layers)}
                layers = [layers[places[id(x)]] for x in player.called()]
            return [x for x in layers if not isinstance(x, self.keras.layers.InputLayer)]

        graph = program["architecture"].get("calls")
        player = play(self.library, program) if graph else None
        return variables_of(self.keras, model, children)

    def answer(self, request):
        try:
            if request.get("protocol") != PROTOCOL:
                raise Unsupported("protocol %r" % request.get("protocol"))
            action = {"describe": self.describe, "save": self.save, "load": self.load,
                      "assign": self.assign}.get(request.get("op"))
            if action is None:
                raise Unsupported("request %s" % request.get("op"))
            unknown = set(request) - {"protocol", "id", "op"} - FIELDS[request["op"]]
            if unknown:
                raise Unsupported("field " + ", ".join(sorted(unknown)))
            return action(request)
        except Unsupported as error:
            return {"outcome": "unsupported", "what": str(error)}
        except Exception:
            return {"outcome": "worker_error", "traceback": traceback.format_exc()}


def look_for_garbage():
    """While the harness judges an answer, this process has time to."""
    young, middle, old = gc.get_count()
    if young > 4000:
        gc.collect(2 if old > 100 else 1 if middle > 25 else 0)


def serve(name):
    # The protocol moves away from file descriptors 0 and 1: a library that prints or asks on the
    # terminal must not be able to disturb it.
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdin, sys.stdout = open(os.devnull), sys.stderr
    sys.path.append("")  # as in a notebook, modules of the working directory can be imported
    worker = Worker(Library(name))
    # Half a million objects of the library are no garbage: looking through them again and again
    # took a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    while line := requests.readline(LINE_BYTES_MAX + 1):
        if len(line) > LINE_BYTES_MAX:
            return 1
        try:
            request = json.loads(line)
        except ValueError as error:
            request = "no JSON: %s" % error
        if not isinstance(request, dict):
            answer = {"id": None, "outcome": "worker_error",
                      "traceback": "a request is a JSON object, not %r" % (request,)}
        elif request.get("op") == "quit":
            return 0
        else:
            answer = dict(worker.answer(request), id=request.get("id"))
        answers.write(json.dumps(answer).encode("ascii") + b"\n")
        answers.flush()
        look_for_garbage()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", choices=["keras", "tf_keras"], default="keras")
    sys.exit(serve(parser.parse_args().library))
