"""The models of requests to keras_worker.py: made for one, or shared by those that say `reuse`."""

import collections
import json

import numpy

from keras_build import play, policy_of
from keras_layers import derive, is_compiled
from keras_wire import from_wire

KEPT_MAX = 6  # models that requests share; and twenty times as many counters


class Recent(collections.OrderedDict):
    """The last so many of what was put in or asked for."""

    def __init__(self, most):
        super().__init__()
        self.most = most

    def look(self, key):
        if key in self:
            self.move_to_end(key)
        return self.get(key)

    def put(self, key, value):
        self[key] = value
        self.move_to_end(key)
        if len(self) > self.most:
            self.popitem(last=False)


def assign_all(model, pairs, weights):
    """By id; what a layer derives from its variables follows."""
    if weights is None:
        return
    given = {entry["id"]: entry for entry in weights}
    if sorted(given) != sorted(name for name, _ in pairs):
        raise RuntimeError("variables given %s, variables of the model %s"
                           % (sorted(given), sorted(name for name, _ in pairs)))
    for name, variable in pairs:
        value = from_wire(given[name])
        if tuple(value.shape) != tuple(variable.shape):
            raise RuntimeError("%s: given shape %s, the model's %s"
                               % (name, value.shape, tuple(variable.shape)))
        variable.assign(value)
    derive(model)


class Beside:
    """What a model has beside its weights as it was made: its optimizer's variables, what its layers
    of an own class were asked."""

    def __init__(self, player):
        self.player = player
        self.values = [numpy.array(v) for v in self.variables()]

    def variables(self):
        model = self.player.model.object
        return list(model.optimizer.variables) if self.has_optimizer(model) else []

    @staticmethod
    def has_optimizer(model):
        return is_compiled(model) and getattr(model, "optimizer", None) is not None

    def put_back(self):
        """False: a load has made more of it than there was."""
        variables = self.variables()
        if len(variables) != len(self.values):
            return False
        for variable, value in zip(variables, self.values):
            if tuple(variable.shape) != value.shape:
                return False
            variable.assign(value)
        for own in self.player.own.values():
            own.asked.update(saved=0, loaded=0)
        return True


class Models:
    def __init__(self, library):
        self.library = library
        self.models, self.counters = Recent(KEPT_MAX), Recent(20 * KEPT_MAX)

    @staticmethod
    def reuses(build):
        """Whether the request may share models with others. A vocabulary cannot be put back to what
        it was, so programs that take one in never do."""
        return build.get("reuse", False) and not any(
            step["op"] == "vocabulary" for step in build["program"]["build"])

    def begin(self, build, reuse=False):
        """Names start again, and all that the session made earlier is made. With `reuse` names go
        on from where that had left them once before. Returns the text of it all."""
        models = build.get("session", {}).get("models_before", 0)
        earlier = build.get("before", []) + [build["program"]] * models
        text = json.dumps(earlier, sort_keys=True) if reuse else ""
        self.library.clear_names()
        self.library.set_policy("float32")
        counters = self.counters.look(text) if reuse else None
        if counters:
            self.library.set_counters(counters)
            if earlier:
                self.library.set_policy(policy_of(earlier[-1]))
            return text
        for program in earlier:
            play(self.library, program)
        if reuse:
            self.counters.put(text, self.library.counters())
        return text

    def model(self, build, reuse=False, anywhere=False):
        """The request's model, as its player and its variables by id. With `reuse`, what an earlier
        such request made of the same text."""
        if not reuse:
            player = play(self.library, build["program"])
            return player, player.variables()
        own = json.dumps(build["program"], sort_keys=True)
        text = own + json.dumps([build.get("before", []),
                                 build.get("session", {}).get("models_before", 0)], sort_keys=True)
        if anywhere:
            text = next((kept for kept in reversed(self.models) if kept.startswith(own)), text)
        found = self.models.look(text)
        if found and not found[0].beside.put_back():
            found = None
        if found:
            self.library.set_policy(policy_of(build["program"]))
        else:
            earlier = self.begin(build, True)
            found = self.model(build)
            found[0].text, found[0].beside = text, Beside(found[0])
            self.models.put(text, found)
            # What a reader in this session finds: the list of programs with this one at its end.
            after = earlier[:-1] + (", " if earlier != "[]" else "") + own + "]"
            self.counters.put(after, self.library.counters())
        return found

    def assigned(self, build, weights, reuse, anywhere=False):
        """The request's model in a session of its own, with these weights in it. With `reuse` and
        `anywhere`, one that the program made in whatever session: only names hang on that."""
        if not reuse:
            self.begin(build)
        player, pairs = self.model(build, reuse, anywhere)
        assign_all(player.model.object, pairs, weights)
        return player, pairs
