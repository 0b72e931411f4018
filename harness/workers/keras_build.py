"""Build programs of harness/case/CASE.md on a real Keras: how one model comes to be.

Every step is played literally, with the library's own public calls, so that names, orders and
suffix rules are the library's and not ours. Used by keras_worker.py.
"""

import os
import traceback

import numpy

from keras_layers import (SMALLEST, Unsupported, is_compiled, optimizer_variables, part,
                          take_vocabulary, variables_of)

STEPS = ["clear_names", "stray", "set", "exchange", "remove", "insert", "noop", "name", "freeze",
         "unfreeze", "order", "nest", "pop", "assemble:list", "assemble:add",
         "assemble:functional", "assemble:subclass", "input:given", "input:build", "input:call",
         "rebuild:from_config", "rebuild:json", "rebuild:clone",
         "nest:functional", "nest:subclass", "nest:layer",
         "keep:list", "keep:lists", "keep:dict", "keep:set",
         "graph", "calls", "operands", "outputs", "compile", "own_state", "policy",
         "lora", "quantize", "vocabulary:adapt", "vocabulary:set"]


class Node:
    """One place of the model: a layer, or a nested Sequential with its own places inside."""

    def __init__(self, kind, index=0, spec=None, name=None, at=0):
        self.kind, self.index, self.spec, self.name, self.at = kind, index, spec, name, at
        self.frozen, self.children, self.object = False, [], None

    def leaves(self):
        return [leaf for child in self.children for leaf in child.leaves()] or (
            [self] if self.kind != "nest" else [])


def play(library, program):
    """A Player. Unsupported where the library itself refuses to make the model."""
    try:
        return Player(library, program)
    except Unsupported:
        raise
    except Exception as error:
        # Keras cuts its own frames off a traceback, so that one may end in Net.call.
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = os.path.dirname(os.path.abspath(last.filename)) == os.path.dirname(
            os.path.abspath(__file__))
        if ours and last.name != "call":
            raise
        raise Unsupported("build: %s: %s" % (type(error).__name__, error)) from error


def own_class(class_name, base, layers, keeping, name, flags):
    """An object of a person's own class, a model or a layer, that calls `layers` one after another
    and keeps them in attributes, or in a container under one attribute."""
    def call(self, x):
        for layer in layers:
            x = layer(x)
        return x

    def elements(self):
        return layers

    made = type(class_name, (base,), {"call": call, "elements": elements})(name=name, **flags)
    order = keeping.get("attribute_order") or list(range(len(layers)))
    names = keeping.get("attributes") or ["layer_%d" % i for i in range(len(layers))]
    kept, half = [layers[j] for j in order], (len(layers) + 1) // 2
    keep = keeping.get("keep", "attributes")
    if keep == "attributes":
        for j in order:
            setattr(made, names[j], layers[j])
    elif keep == "list":
        setattr(made, names[0], kept)
    elif keep == "lists":
        setattr(made, names[0], [part for part in (kept[:half], kept[half:]) if part])
    elif keep == "dict":
        setattr(made, names[0], {"k%d" % j: layers[j] for j in order})
    elif keep == "set":
        setattr(made, names[0], set(kept))
    else:
        raise Unsupported("keep " + keep)
    return made


def policy_of(program):
    """The dtype policy that its layers are made under."""
    return next((s["policy"] for s in program["build"] if s["op"] == "policy"), "float32")


class Player:
    """One model and how it came to be."""

    def __init__(self, library, program):
        self.library, self.keras = library, library.keras
        self.architecture = program["architecture"]
        self.shape = tuple(self.architecture["input_shape"])
        steps = program["build"]
        for step in steps:
            if step["op"] not in {name.split(":")[0] for name in STEPS}:
                raise Unsupported("step " + step["op"])
        self.steps = {op: [s for s in steps if s["op"] == op] for op in {s["op"] for s in steps}}
        self.assemble = self.steps["assemble"][0]
        self.calls = self.architecture.get("calls", [])
        self.own, self.compiled_by_json = {}, False
        for step in steps:
            if step["op"] == "clear_names":
                library.clear_names()
            elif step["op"] == "stray":
                self.stray(step["class"])
        # Both libraries forget it when names start again.
        library.set_policy(policy_of(program))
        self.place(steps)
        self.instantiate()
        self.make_nests()
        self.make_model()
        with self.keras.utils.custom_object_scope(self.own):
            for step in steps:
                self.afterwards(step)

    def stray(self, class_name):
        if class_name == "Sequential":
            self.keras.Sequential()
        else:
            self.library.layer(class_name, SMALLEST.get(class_name, {}))

    # Phases 2 and 3: which layers there are, where they stand, what they are called.

    def place(self, steps):
        specs = [dict(s, config=dict(s.get("config", {}))) for s in self.architecture["layers"]]
        self.layers = [Node("layer", i, spec) for i, spec in enumerate(specs)]
        slots = list(self.layers)
        self.extras = []
        for step in steps:
            op = step["op"]
            if op == "set":
                specs[step["layer"]]["config"][step["key"]] = step["value"]
            elif op == "exchange":
                i = slots.index(self.layers[step["layer"]])
                j = slots.index(self.layers[step["other"]])
                slots[i], slots[j] = slots[j], slots[i]
            elif op == "remove":
                slots[slots.index(self.layers[step["layer"]])] = None
            elif op == "insert":
                self.extras.append(Node("extra", spec=step["spec"],
                                        name=step.get("name") or step["spec"].get("name"),
                                        at=step["at"]))
            elif op == "noop":
                spec = {"class": step["class"], "config": SMALLEST[step["class"]]}
                self.extras.append(Node("extra", spec=spec, name=step.get("name"), at=step["at"]))
        self.slots = slots
        self.nests = [Node("nest", k, step, step.get("name"))
                      for k, step in enumerate(self.steps.get("nest", []))]
        self.model = Node("model", name=self.assemble.get("name"))
        for step in steps:
            if step["op"] == "name":
                self.target(step).name = step["name"]
            elif step["op"] == "freeze" and not step.get("after"):
                self.target(step).frozen = True

        def inside(begin, end, nests):
            """Nodes of slots begin..end-1 and the extras between them; the model takes all."""
            whole = begin is None
            first, last = (0, len(slots)) if whole else (begin, end)
            nodes, slot = [], first
            while slot <= last:
                if whole or first < slot < last:
                    nodes += [extra for extra in self.extras if extra.at == slot]
                if slot == last:
                    break
                here = [n for n in nests if n.spec["begin"] == slot]
                outer = max(here, key=lambda n: n.spec["end"], default=None)
                if outer:
                    begin_, end_ = outer.spec["begin"], outer.spec["end"]
                    outer.children = inside(begin_, end_, [
                        n for n in nests if n is not outer
                        and begin_ <= n.spec["begin"] and n.spec["end"] <= end_])
                    nodes.append(outer)
                    slot = end_
                else:
                    if slots[slot]:
                        nodes.append(slots[slot])
                    slot += 1
            return nodes

        self.top = inside(None, None, self.nests)

    def target(self, step):
        if step.get("model"):
            return self.model
        if "nest" in step:
            return self.nests[step["nest"]]
        return self.layers[step["layer"]]

    # Phase 4.

    def instantiate(self):
        placed = [leaf for node in self.top for leaf in node.leaves()]
        order = placed
        if "order" in self.steps:
            layers = [self.layers[i] for i in self.steps["order"][0]["order"]]
            order = [n for n in layers if n in placed] + self.extras
        keepers = {step["layer"] for step in self.steps.get("own_state", [])}
        for node in order:
            own = self.own if node.kind == "layer" and node.index in keepers else None
            node.object = self.library.layer(node.spec["class"], node.spec.get("config", {}),
                                             node.name, node.frozen, node.spec.get("layers", ()),
                                             own)
        self.take_vocabularies()

    def take_vocabularies(self):
        for step in self.steps.get("vocabulary", []):
            take_vocabulary(self.layers[step["layer"]].object, step)

    # Phase 5.

    def make_nests(self):
        # A range inside another one is the shorter of the two.
        for nest in sorted(self.nests, key=lambda n: (n.spec["end"] - n.spec["begin"],
                                                      n.spec["begin"])):
            layers, how = [child.object for child in nest.children], nest.spec.get("how")
            flags = {"trainable": False} if nest.frozen else {}
            if how == "functional":
                nest.object = self.functional(self.shape_before(nest), layers, nest.name, flags)
            elif how in ("subclass", "layer"):
                base = self.keras.Model if how == "subclass" else self.keras.layers.Layer
                nest.object = own_class("Block", base, layers, nest.spec, nest.name, flags)
            else:
                if nest.spec.get("own_input"):
                    layers.insert(0, self.keras.Input(self.shape_before(nest)))
                nest.object = self.library.sequential(layers, nest.name, nest.frozen)

    def functional(self, shape, layers, name, flags):
        inputs = outputs = self.keras.Input(shape)
        for layer in layers:
            outputs = layer(outputs)
        return self.keras.Model(inputs, outputs, name=name, **flags)

    def shape_before(self, nest):
        """Shape (without batch) that reaches the nest's first layer."""
        leaves = [leaf for node in self.top for leaf in node.leaves()]
        first = nest.leaves()
        shape = (None,) + self.shape
        for leaf in leaves:
            if first and leaf is first[0]:
                break
            shape = tuple(leaf.object.compute_output_shape(shape))
        return shape[1:]

    # Phase 6.

    def make_model(self):
        how, given = self.assemble["how"], self.assemble.get("input", "given") == "given"
        layers = [node.object for node in self.top]
        name, frozen = self.model.name, self.model.frozen
        flags = {"trainable": False} if frozen else {}
        if self.calls:
            model = self.graph(name, flags)
        elif how == "subclass":
            model = own_class("Net", self.keras.Model, layers, self.assemble, name, flags)
        elif how == "functional":
            model = self.functional(self.shape, layers, name, flags)
        elif how == "add":
            model = self.library.sequential(None, name, frozen)
            for layer in ([self.keras.Input(self.shape)] if given else []) + layers:
                model.add(layer)
        else:
            model = self.library.sequential(
                ([self.keras.Input(self.shape)] if given else []) + layers, name, frozen)
        self.model.object = model
        self.bring_input()

    def graph(self, name, flags):
        """A functional model: calls, operands and outputs in the order that the steps ask for."""
        def order(op, count, **target):
            steps = [s for s in self.steps.get(op, []) if target.items() <= s.items()]
            numbers = list(range(count))
            for step in steps:
                numbers = [numbers[k] for k in step["order"]]
            return numbers

        shapes = [self.shape] + [tuple(s) for s in self.architecture.get("more_inputs", [])]
        inputs = [self.keras.Input(shape) for shape in shapes]
        results = {-1 - k: tensor for k, tensor in enumerate(inputs)}
        for i in order("calls", len(self.calls)):
            layer, *operands = self.calls[i]
            tensors = [results[operands[k]] for k in order("operands", len(operands), call=i)]
            results[i] = self.layers[layer].object(tensors if len(tensors) > 1 else tensors[0])
        wanted = self.architecture["outputs"]
        outputs = [results[wanted[k]] for k in order("outputs", len(wanted))]
        return self.keras.Model(inputs if len(inputs) > 1 else inputs[0],
                                outputs if len(outputs) > 1 else outputs[0], name=name, **flags)

    def bring_input(self):
        how = self.assemble.get("input", "given")
        if how == "build":
            self.model.object.build((None,) + self.shape)
        elif how == "call":
            self.model.object(numpy.zeros((1,) + self.shape, "float32"))
        elif not self.model.object.built:
            raise Unsupported("build: the model stays unbuilt")

    # Phase 7.

    def afterwards(self, step):
        op = step["op"]
        if op in ("freeze", "unfreeze") and (op == "unfreeze" or step.get("after")):
            part(self.target(step).object, step.get("part")).trainable = op == "unfreeze"
        elif op == "pop":
            self.pop(step)
        elif op == "lora":
            self.layers[step["layer"]].object.enable_lora(step["rank"])
        elif op == "quantize":
            self.model.object.quantize(step["mode"])
        elif op == "compile":
            self.compile(step)
        elif op == "rebuild":
            model, models = self.model.object, self.keras.models
            old = list(model.layers)
            if step["how"] == "from_config":
                model = type(model).from_config(model.get_config())
            elif step["how"] == "json":
                model = models.model_from_json(model.to_json())
            else:
                model = models.clone_model(model)
            if step["how"] == "json" and is_compiled(model):
                self.compiled_by_json = True
            self.model.object = model
            if self.calls:
                # Both stand in the order that the library gives their layers.
                new = dict(zip(map(id, old), model.layers, strict=True))
                for node in self.layers:
                    node.object = new[id(node.object)]
            else:
                self.adopt(self.top, model)
            # A config does not hold them; without one the model cannot be called.
            self.take_vocabularies()
            if not model.built:
                self.bring_input()

    def compile(self, step):
        model, loss = self.model.object, step["loss"]
        if loss[0].isupper():
            loss = getattr(self.keras.losses, loss)()
        model.compile(optimizer=getattr(self.keras.optimizers, step["optimizer"])(), loss=loss)
        if not step.get("trained"):
            return
        for i, variable in enumerate(optimizer_variables(model)):
            kept = numpy.full(tuple(variable.shape), i + 2)
            variable.assign(kept.astype(str(numpy.asarray(variable).dtype)))

    def adopt(self, nodes, container):
        for node, layer in zip(nodes, self.children(container), strict=True):
            node.object = layer
            if node.kind == "nest":
                self.adopt(node.children, layer)

    def pop(self, step):
        model, count = self.model.object, step["count"]
        nodes = self.top[len(self.top) - count:]
        for _ in nodes:
            model.pop()
        for node in nodes:
            if not step.get("same", True):
                config = dict(node.object.get_config())
                if not node.name:
                    config["name"] = None  # an automatic one is given anew
                node.object = type(node.object).from_config(config)
                if node.kind == "nest":
                    self.adopt(node.children, node.object)
            model.add(node.object)
        if not step.get("same", True):
            self.take_vocabularies()
        if not model.built:
            self.bring_input()

    # What the model is made of.

    def children(self, container):
        layers = container.elements() if hasattr(container, "elements") else container.layers
        if self.calls and container is self.model.object:
            layers = self.called()
        return [x for x in layers if not isinstance(x, self.keras.layers.InputLayer)]

    def variables(self):
        return variables_of(self.keras, self.model.object, self.children)

    def called(self):
        """Layers of a graph in the order in which the architecture calls them first."""
        return [self.layers[i].object for i in dict.fromkeys(call[0] for call in self.calls)]
