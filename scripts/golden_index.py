"""The table of contents of corpus/golden, for scripts/golden.py."""

import json
import sys


def classes_in(config):
    """Every layer class and activation string in a Keras config, at any depth."""
    classes, activations = set(), set()
    for layer in config["config"]["layers"]:
        if "layers" in layer["config"]:
            inner = classes_in(layer)
            classes |= inner[0]
            activations |= inner[1]
        if layer["class_name"] != "InputLayer":
            classes.add("Sequential" if layer["class_name"] == "Functional"
                        else layer["class_name"])
        if isinstance(layer["config"].get("activation"), str):
            activations.add(layer["config"]["activation"])
    return classes, activations


def write_index(out, pools, classes_due, count, bytes_max):
    """Checks that `count` models lie in the folder `out`, with all of `classes_due` and of each
    library's `pools` of activations, in `bytes_max` bytes, and writes index.json."""
    models, seen = [], {}
    for folder in sorted(path for path in out.iterdir() if path.is_dir()):
        facts = json.loads((folder / "facts.json").read_text())
        config = json.loads((folder / "architecture.json").read_text())
        classes, activations = classes_in(config)
        known = seen.setdefault(facts["library"], (set(), set()))
        known[0].update(classes)
        known[1].update(activations)
        models.append(dict(facts, folder=folder.name, layers=sorted(classes)))
    for library, (classes, activations) in seen.items():
        one_name = {"swish": "silu", "hard_swish": "hard_silu"}  # each library writes one of two
        pool, activations = ({one_name.get(name, name) for name in names}
                             for names in (pools[library], activations))
        missing = (set(classes_due) - classes) | (pool - activations)
        if missing:
            sys.exit(f"{library}: no model has {sorted(missing)}")
    size = sum(path.stat().st_size for path in out.rglob("*.*") if path.is_file())
    if len(models) != count or size > bytes_max:
        sys.exit(f"{len(models)} models, {size} bytes")
    index = {"models": models, "schema": 1}
    for folder in models:  # the index says it all from here on
        (out / folder["folder"] / "facts.json").unlink()
    (out / "index.json").write_text(json.dumps(index, sort_keys=True, indent=1) + "\n")
    print(f"{len(models)} models, {sum(m['trained'] for m in models)} trained, "
          f"{sum(len(m['files']) for m in models)} weight files, {size} bytes")
