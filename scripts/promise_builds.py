"""The build programs that scripts/promises.py draws for its models."""

COMMUTATIVE = {"Add", "Average", "Maximum", "Minimum", "Multiply"}


def nestings(count):
    """Choices of ranges of nested models by depth, for an architecture of `count` layers."""
    return {"": [[]],
            "/nested": [[(0, 2)], [(1, 3)], [(0, 1), (1, 3)], [(0, count)]],
            "/nested2": [[(0, 3), (1, 2)], [(1, 4), (2, 4)], [(0, count), (1, count)]]}


def top_level(count, ranges):
    outer = [r for r in ranges if not any(o != r and o[0] <= r[0] and r[1] <= o[1] for o in ranges)]
    return count - sum(end - begin - 1 for begin, end in outer)


def attributes(container, count, rng):
    """Attribute names on the container's sides of "layers", in an order of their own."""
    low = ["a%d" % i for i in range(count)]
    high = ["n%d" % i for i in range(count)]
    if container == "subclass<layers":
        names = low
    elif container == "subclass>layers":
        names = high
    else:
        names = [low[i] if (i % 2 == 0) else high[i] for i in range(count)]
    if rng.random() < 0.5:
        names = names[::-1]
    order = list(range(count))
    if rng.random() < 0.5:
        rng.shuffle(order)
    return {"attributes": names, "attribute_order": order}


def build_program(container, layers, ranges, rng):
    """Steps of one build; drawn: how it is called to life, names, rebuilds, layers that do nothing."""
    count = len(layers)
    steps = [{"op": "nest", "begin": begin, "end": end, "own_input": rng.random() < 0.3}
             for begin, end in ranges]
    if rng.random() < 0.3:
        steps.append({"op": "stray", "class": rng.choice(layers)["class"]})
    top = top_level(count, ranges)
    if not ranges and rng.random() < 0.2:
        steps.append({"op": "noop", "at": rng.randrange(count + 1), "class": "Dropout"})
        top += 1
    if container == "sequential":
        how = {"how": rng.choice(["list", "add"]),
               "input": rng.choice(["given", "given", "build", "call"])}
    elif container == "functional":
        how = {"how": "functional", "input": "given"}
    else:
        how = {"how": "subclass", "input": "call", **attributes(container, top, rng)}
    steps.append(dict(how, op="assemble"))
    if not container.startswith("subclass") and rng.random() < 0.3:
        steps.append({"op": "rebuild", "how": rng.choice(["from_config", "json", "clone"])})
    return steps


def own_programs(containers, layers, number, rng):
    """Pairs of kinds and programs of builds that keep their layers in the same way."""
    begin, end = [(0, 2), (1, 3), (0, len(layers))][number % 3]
    count = end - begin
    ways = [dict(how="functional"), dict(how="functional")]
    for how in ("subclass", "layer"):
        for keep in ("attributes", "list", "lists", "dict"):
            names = [rng.choice("bz") + str(i) for i in range(count if keep == "attributes" else 1)]
            order = list(range(count))
            rng.shuffle(order)
            ways.append(dict(how=how, keep=keep, attributes=names, attribute_order=order))
    for way in ways:
        kinds, programs = [], []
        for container in containers:
            steps = build_program(container, layers, [(begin, end)], rng)
            if not has_kind(container, steps):
                continue
            if way["how"] != "functional":
                steps = [s for s in steps if s["op"] != "rebuild"]
            for step in steps:
                if step["op"] == "nest":
                    step.pop("own_input")
                    step.update(way)
            kinds.append(container + "/nested" + ("+functional" if way["how"] == "functional"
                                                  else "+own"))
            programs.append(steps)
        yield kinds, programs
    for name in "bz":
        for keep in ("list", "lists", "dict"):
            order = list(range(len(layers)))
            rng.shuffle(order)
            kept = dict(keep=keep, attributes=[name], attribute_order=order)
            steps = [{"op": "assemble", "how": "subclass", "input": "call", **kept}]
            kind = "subclass%slayers+own" % ("<" if name < "layers" else ">")
            yield [kind, kind], [steps, [{"op": "stray", "class": layers[0]["class"]}] + steps]


def graph_program(graph, rng):
    """Steps of one build of a graph: calls and operands in another order, names, rebuilds."""
    steps, waiting, order = [], list(range(len(graph["calls"]))), []
    while waiting:
        ready = [i for i in waiting if all(x < 0 or x in order for x in graph["calls"][i][1:])]
        order.append(rng.choice(ready))
        waiting.remove(order[-1])
    if rng.random() < 0.6:
        steps.append({"op": "calls", "order": order})
    for i, (layer, *operands) in enumerate(graph["calls"]):
        if graph["layers"][layer]["class"] in COMMUTATIVE and rng.random() < 0.4:
            numbers = list(range(len(operands)))
            rng.shuffle(numbers)
            steps.append({"op": "operands", "call": i, "order": numbers})
    if rng.random() < 0.3:
        steps.append({"op": "stray", "class": "Dense"})
    steps.append({"op": "assemble", "how": "functional"})
    if rng.random() < 0.4:
        steps.append({"op": "rebuild", "how": rng.choice(["from_config", "json", "clone"])})
    return steps


def has_kind(container, program):
    """A mixed set of attributes needs one on either side."""
    names = [s for s in program if s["op"] == "assemble"][0].get("attributes", [])
    sides = {name < "layers" for name in names}
    return container != "subclass~layers" or len(sides) == 2
