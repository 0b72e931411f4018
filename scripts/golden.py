"""Writes random models with a real Keras into corpus/golden: architecture, weight files in every
format that the library writes and weightproof reads, inputs and predictions.

One process serves one library and backend; scripts/golden starts three and then asks for the index:

    golden.py models --library tf_keras --out corpus/golden
    golden.py models --library keras --out corpus/golden              (untrained, numpy backend)
    golden.py models --library keras --trained --out corpus/golden    (trained, TensorFlow backend)
    golden.py index --out corpus/golden
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import sys
import warnings

import numpy as np

from golden_index import write_index

MODELS_PER_LIBRARY = 48
TRAINED_EVERY = 4  # model i is compiled and trained one step when i % 4 == 3
TOTAL_BYTES_MAX = 6 << 20
ATTEMPTS_MAX = 60

SHARED_ACTIVATIONS = [
    "relu", "hard_sigmoid", "elu", "selu", "gelu", "softplus", "softsign", "silu", "relu6", "swish",
    "sigmoid", "tanh", "exponential", "linear", "leaky_relu", "softmax", "log_softmax", "mish",
]
KERAS3_ACTIVATIONS = [
    "hard_silu", "hard_swish", "hard_tanh", "celu", "log_sigmoid", "soft_shrink", "hard_shrink",
    "tanh_shrink", "squareplus", "sparse_plus", "sparsemax",
]
NOOPS = ["Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization"]
ANY_RANK = ["Dense", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Reshape",
            "BatchNormalization", "LayerNormalization"] + NOOPS
RANK_2 = ["Conv1D", "MaxPooling1D", "AveragePooling1D", "GlobalMaxPooling1D",
          "GlobalAveragePooling1D", "SimpleRNN", "LSTM", "GRU", "SpatialDropout1D", "Flatten"]
RANK_3 = ["Conv2D", "MaxPooling2D", "AveragePooling2D", "GlobalMaxPooling2D",
          "GlobalAveragePooling2D", "SpatialDropout2D", "Flatten"]
CLASSES = ANY_RANK + RANK_2 + RANK_3[:-1] + ["Embedding", "Sequential"]
ASSEMBLIES = ["list", "functional", "add", "deferred_build", "deferred_call"]


class Rejected(Exception):
    """This draw makes no good golden model; the next attempt draws another."""


class Maker:
    """Draws, builds, trains and saves model `index` of one library."""

    def __init__(self, kind, library, index, trained):
        self.kind, self.library, self.index, self.trained = kind, library, index, trained
        self.layers = library.layers
        self.pool = SHARED_ACTIVATIONS + (KERAS3_ACTIVATIONS if kind == "keras" else [])

    def activation(self):
        return self.rng.choice(self.pool)

    def arguments(self, name, shape):
        """Constructor arguments of a layer of class `name` for an input of `shape` (no batch)."""
        rng, flip = self.rng, lambda chance=0.3: self.rng.random() < chance
        channels_first = self.kind == "keras" and not self.trained and flip(0.2)
        out = {}
        if name == "Dense":
            out = {"units": rng.randint(2, 5), "activation": self.activation()}
        elif name == "Activation":
            out = {"activation": self.activation()}
        elif name == "ReLU":
            out = rng.choice([{}, {"max_value": 1.5}, {"negative_slope": 0.25},
                              {"threshold": 0.2}, {"max_value": 0.9, "negative_slope": 0.125,
                                                   "threshold": 0.1}])
        elif name == "LeakyReLU" and flip(0.6):
            out = {"negative_slope" if self.kind == "keras" else "alpha": rng.choice([0.1, 0.45])}
        elif name == "PReLU" and len(shape) > 1 and flip(0.6):
            out = {"shared_axes": rng.choice([[1], list(range(1, len(shape)))])}
        elif name == "ELU" and flip(0.7):
            out = {"alpha": rng.choice([0.5, 1.75])}
        elif name == "Softmax" and flip():
            out = {"axis": rng.randint(1, len(shape))}
        elif name in ("Dropout", "GaussianDropout", "AlphaDropout", "SpatialDropout1D",
                      "SpatialDropout2D"):
            out = {"rate": rng.choice([0.1, 0.25, 0.5])}
        elif name == "GaussianNoise":
            out = {"stddev": rng.choice([0.05, 0.5])}
        elif name == "ActivityRegularization":
            out = rng.choice([{"l1": 0.01}, {"l2": 0.02}])
        elif name == "Flatten" and len(shape) > 1 and flip():
            out = {"data_format": "channels_first"}
        elif name == "Reshape":
            out = {"target_shape": self.target_shape(shape)}
        elif name == "BatchNormalization":
            out = {"axis": rng.choice([-1, rng.randint(1, len(shape))])} if flip() else {}
        elif name == "LayerNormalization":
            out = {"axis": rng.choice([[-1], list(range(1, len(shape) + 1))])} if flip() else {}
            if self.kind == "keras" and flip(0.2):
                out["rms_scaling"] = True
        elif name in ("Conv1D", "Conv2D"):
            out = self.convolution(int(name[4]), shape, channels_first)
        elif "Pooling" in name and name.startswith("Global"):
            out = {"keepdims": True} if flip() else {}
        elif "Pooling" in name:
            out = {"pool_size": rng.choice([2, 3])}
            if flip(0.5):
                out["strides"] = rng.choice([1, 2, 3])
            if flip(0.5):
                out["padding"] = "same"
        elif name in ("SimpleRNN", "LSTM", "GRU"):
            out = self.recurrent(name)
        if name in ("BatchNormalization", "LayerNormalization"):
            out.update({key: False for key in ("center", "scale") if flip(0.25)})
            if flip():
                out["epsilon"] = rng.choice([1e-2, 1e-5])
        if name in ("Dense", "Conv1D", "Conv2D", "SimpleRNN", "LSTM", "GRU") and flip(0.25):
            out["use_bias"] = False
        if "Pooling" in name and channels_first:
            out["data_format"] = "channels_first"
        return out

    def target_shape(self, shape):
        size = int(np.prod(shape))
        shapes = [[size], [-1], [-1, shape[-1]]]
        shapes += [[k, size // k] for k in (2, 3, 4) if size % k == 0]
        shapes += [[3, 2, -1], [2, -1, 2]] if size % 6 == 0 and size % 4 == 0 else []
        return self.rng.choice(shapes)

    def convolution(self, rank, shape, channels_first):
        rng = self.rng
        channels = shape[0] if channels_first else shape[-1]
        groups = rng.choice([g for g in (1, 1, 2, 3) if channels % g == 0])
        out = {"filters": groups * rng.randint(1, 3), "kernel_size": rng.randint(1, 3),
               "padding": rng.choice(["valid", "same"]), "activation": self.activation()}
        if rank == 1 and not channels_first and rng.random() < 0.3:
            out["padding"] = "causal"
        if rank == 2 and rng.random() < 0.5:
            out["kernel_size"] = [rng.randint(1, 3), rng.randint(1, 3)]
        if rng.random() < 0.5:
            key = rng.choice(["strides", "dilation_rate"])
            out[key] = 2 if rank == 1 or key == "dilation_rate" else rng.choice([2, [2, 1], [1, 2]])
            if isinstance(out[key], list) and self.kind == "tf_keras":
                out[key] = 2
        if groups > 1:
            out["groups"] = groups
            if self.trained:  # TensorFlow has no CPU gradient for grouped convolution
                del out["groups"]
        if channels_first:
            out["data_format"] = "channels_first"
        return out

    def recurrent(self, name):
        rng = self.rng
        out = {"units": rng.randint(2, 4)}
        if rng.random() < 0.4:
            out["activation"] = rng.choice(["relu", "sigmoid", "softsign", "hard_sigmoid"])
        if name != "SimpleRNN" and rng.random() < 0.4:
            out["recurrent_activation"] = rng.choice(["hard_sigmoid", "tanh"])
        if name == "LSTM" and rng.random() < 0.3:
            out["unit_forget_bias"] = False
        if name == "GRU" and rng.random() < 0.4:
            out["reset_after"] = False
        for key, chance in (("return_sequences", 0.5), ("go_backwards", 0.3), ("unroll", 0.2)):
            if rng.random() < chance:
                out[key] = True
        return out

    def draw(self):
        """An input shape and a list of (class, arguments) whose shapes fit each other."""
        focus = CLASSES[self.index % len(CLASSES)]
        first = []
        if focus == "Embedding" or (focus in RANK_2 and self.rng.random() < 0.2):
            self.vocabulary = self.rng.randint(4, 9)
            shape = (self.rng.randint(4, 7),)
            first = [("Embedding", {"input_dim": self.vocabulary,
                                    "output_dim": self.rng.randint(2, 4)})]
        else:
            self.vocabulary = 0
            rank = 2 if focus in RANK_2 else 3 if focus in RANK_3 else self.rng.randint(1, 3)
            shape = tuple(self.rng.randint(4, 7) for _ in range(rank - 1)) + (
                self.rng.choice([2, 3, 4, 6]),)
        layers, placed = [], focus in ("Embedding", "Sequential")
        x = self.library.Input(shape)
        wanted = self.rng.randint(3, 5)
        for _ in range(4 * wanted):
            if len(layers) >= wanted and placed:
                break
            rank = len(x.shape) - 1
            pool = ANY_RANK + (RANK_2 if rank == 2 else RANK_3 if rank == 3 else [])
            weighted = ["Dense", "Conv1D", "Conv2D", "SimpleRNN", "LSTM", "GRU",
                        "BatchNormalization"]
            name = self.rng.choice(pool + 2 * [c for c in weighted if c in pool])
            if not placed and focus in pool and (self.rng.random() < 0.5 or rank > 1):
                name = focus
            name, arguments = first.pop() if first else (
                name, self.arguments(name, tuple(x.shape[1:])))
            try:
                x = getattr(self.layers, name)(**arguments)(x)
            except (ValueError, TypeError, NotImplementedError):
                continue
            if 0 in tuple(x.shape)[1:] or None in tuple(x.shape)[1:]:
                raise Rejected("an empty axis")
            layers.append((name, arguments))
            placed = placed or name == focus
        slots = [arguments for name, arguments in layers
                 if name in ("Dense", "Activation", "Conv1D", "Conv2D")]
        if not placed or not slots:
            raise Rejected("no room for " + focus)
        slots[0]["activation"] = self.pool[self.index % len(self.pool)]  # all of them occur
        return shape, layers

    def make_layer(self, name, arguments, number):
        if self.rng.random() < 0.2:
            arguments = dict(arguments, name=self.rng.choice(["block", "head", "x"]) + f"_{number}a")
        if self.rng.random() < 0.1 and not self.trained:
            arguments = dict(arguments, trainable=False)
        return getattr(self.layers, name)(**arguments)

    def nest(self, objects, shapes):
        """Some neighbours become one nested Sequential; returns objects with their input shapes."""
        begin = self.rng.randint(0, len(objects) - 1)
        end = self.rng.randint(begin + 1, min(len(objects), begin + 3))
        inner = objects[begin:end]
        if self.rng.random() < 0.5:
            inner = [self.library.Input(shapes[begin])] + inner
        nested = self.library.Sequential(inner)
        return (objects[:begin] + [nested] + objects[end:],
                shapes[:begin + 1] + shapes[end:])

    def assemble(self, shape, layers, shapes):
        for _ in range(self.rng.choice([0, 0, 1, 3])):
            self.layers.Dense(1)  # automatic names go on counting
        objects = [self.make_layer(*layer, number) for number, layer in enumerate(layers)]
        shapes = list(shapes)
        focus = CLASSES[self.index % len(CLASSES)]
        for _ in range(self.rng.choice([1, 2]) if focus == "Sequential"
                       else self.rng.choice([0, 0, 0, 1, 1, 2])):
            objects, shapes = self.nest(objects, shapes)
        how = self.rng.choice(ASSEMBLIES)
        keras = self.library
        if how == "functional":
            x = start = keras.Input(shape)
            for one in objects:
                x = one(x)
            model = keras.Model(start, x)
        elif how == "add":
            model = keras.Sequential()
            for one in [keras.Input(shape)] + objects:
                model.add(one)
        else:
            model = keras.Sequential(([keras.Input(shape)] if how == "list" else []) + objects)
        if how == "deferred_build":
            model.build((None,) + shape)
        elif how == "deferred_call":
            model(np.zeros((1,) + shape, "float32"))
        return how, model

    def predict(self, model, inputs):
        return np.asarray(self.library.ops.convert_to_numpy(model(inputs, training=False))
                          if self.kind == "keras" else model(inputs, training=False).numpy())

    def values(self, variable, numbers):
        shape = tuple(variable.shape)
        if "variance" in variable.name:
            return numbers.uniform(0.4, 1.6, shape).astype("float32")
        fan_in = max(1, int(np.prod(shape[:-1])) if len(shape) > 1 else 2)
        size = numbers.uniform(0.2, 1.4, shape) * min(1.0, 1.6 / np.sqrt(fan_in))
        return (size * numbers.choice([-1.0, 1.0], shape)).astype("float32")

    def train(self, model, inputs, numbers):
        optimizers = self.library.optimizers
        optimizer = [lambda: optimizers.Adam(0.01), lambda: optimizers.SGD(0.01, momentum=0.9),
                     lambda: optimizers.RMSprop(0.005)][(self.index // TRAINED_EVERY) % 3]()
        metrics = ["mae"] if self.rng.random() < 0.5 else None
        model.compile(optimizer=optimizer, loss="mse", metrics=metrics)
        targets = numbers.uniform(-1, 1, self.predict(model, inputs).shape).astype("float32")
        model.fit(inputs, targets, batch_size=len(inputs), epochs=1, verbose=0)

    def attempt(self, number):
        self.rng = random.Random(f"{self.kind}/{self.index}/{number}")
        numbers = np.random.default_rng([len(self.kind), self.index, number])
        self.library.utils.set_random_seed(1 + self.index)
        self.library.backend.clear_session()
        shape, layers = self.draw()
        shapes = [shape]
        probe = self.library.Input(shape)
        for name, arguments in layers:
            probe = getattr(self.layers, name)(**arguments)(probe)
            shapes.append(tuple(probe.shape[1:]))
        self.library.backend.clear_session()
        try:
            how, model = self.assemble(shape, layers, shapes)
        except ValueError as error:  # tf_keras loses a shape in some deferred models
            raise Rejected(str(error)) from error
        if not model.weights or (self.trained and not model.trainable_weights):
            raise Rejected("nothing to save")
        for variable in model.weights:
            variable.assign(self.values(variable, numbers))
        inputs = numbers.uniform(-1, 1, (4,) + shape).astype("float32")
        if self.vocabulary:
            inputs = numbers.integers(0, self.vocabulary, (4,) + shape).astype("float32")
        if self.trained:
            self.train(model, inputs, numbers)
        predictions = self.predict(model, inputs)
        if not np.all(np.isfinite(predictions)) or np.abs(predictions).max() > 50:
            raise Rejected("predictions too large")
        self.check_every_variable_matters(model, inputs, predictions, numbers)
        return how, model, inputs, predictions

    def check_every_variable_matters(self, model, inputs, predictions, numbers):
        for variable in model.weights:
            kept = np.array(variable)
            if np.abs(kept).min() == 0:
                raise Rejected(variable.name + " has a zero")
            variable.assign(self.values(variable, numbers))
            moved = np.abs(self.predict(model, inputs) - predictions).max()
            variable.assign(kept)
            if not moved > 1e-3:
                raise Rejected(variable.name + " does not move the predictions")

    def write(self, out):
        for number in range(ATTEMPTS_MAX):
            try:
                how, model, inputs, predictions = self.attempt(number)
                break
            except Rejected:
                continue
        else:
            sys.exit(f"{self.kind}-{self.index:03}: no model after {ATTEMPTS_MAX} attempts")
        folder = out / f"{self.kind}-{self.index:03}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "architecture.json").write_text(model.to_json())
        np.save(folder / "inputs.npy", inputs)
        np.save(folder / "predictions.npy", predictions.astype("float32"))
        files = {"model.h5": "legacy_h5_model", "new.weights.h5": "weights_h5"}
        if self.kind == "tf_keras":
            files["legacy.h5"] = "legacy_h5"
            model.save_weights(folder / "legacy.h5")
        model.save(folder / "model.h5")
        model.save_weights(folder / "new.weights.h5")
        facts = {"assembly": how, "backend": "tensorflow" if self.kind == "tf_keras"
                 else self.library.backend.backend(), "files": files, "library": self.kind,
                 "trained": self.trained, "version": self.library.__version__}
        (folder / "facts.json").write_text(json.dumps(facts, sort_keys=True, indent=1) + "\n")
        print(folder.name, how, "trained" if self.trained else "", len(model.weights), flush=True)


def write_models(arguments):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    warnings.simplefilter("ignore")
    if arguments.library == "keras":
        os.environ["KERAS_BACKEND"] = "tensorflow" if arguments.trained else "numpy"
        import keras as library
    else:
        import absl.logging
        import tf_keras as library
        absl.logging.set_verbosity(absl.logging.ERROR)
    import logging
    logging.disable(logging.WARNING)
    for index in range(MODELS_PER_LIBRARY):
        trained = index % TRAINED_EVERY == TRAINED_EVERY - 1
        if arguments.library == "tf_keras" or trained == arguments.trained:
            Maker(arguments.library, library, index, trained).write(arguments.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["models", "index"])
    parser.add_argument("--library", choices=["keras", "tf_keras"])
    parser.add_argument("--trained", action="store_true")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    if arguments.what == "models":
        write_models(arguments)
    else:
        pools = {"tf_keras": SHARED_ACTIVATIONS, "keras": SHARED_ACTIVATIONS + KERAS3_ACTIVATIONS}
        write_index(arguments.out, pools, CLASSES, 2 * MODELS_PER_LIBRARY, TOTAL_BYTES_MAX)


if __name__ == "__main__":
    main()
