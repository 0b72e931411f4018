#!/usr/bin/env python3
"""Writes model/checkpoint/testdata/formats/ with a real library.

    KERAS_BACKEND=numpy python scripts/make_format_fixtures.py keras3 model/checkpoint/testdata/formats
    python scripts/make_format_fixtures.py tf_keras model/checkpoint/testdata/formats

Element j of variable i (layers depth first, creation order inside a layer) is 1000 i + j, so that a
test sees which tensor landed where. model/checkpoint/formats_test.cc says the same models as build
programs. Files are stored compressed (.h5.gz).
"""

import gzip
import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
library, out = sys.argv[1], sys.argv[2]

import h5py
import numpy as np

if library == "keras3":
    import keras
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group
else:
    import tf_keras as keras
L = keras.layers


def clear():
    if library == "keras3":
        keras.utils.clear_session(free_memory=False)
    else:
        keras.backend.clear_session()


def leaves(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer)
        else:
            yield layer


def fill(model):
    index = 0
    for layer in leaves(model):
        for variable in layer.weights:
            size = int(np.prod(variable.shape))
            value = 1000 * index + np.arange(size, dtype="float32").reshape(variable.shape)
            variable.assign(value)
            index += 1


def save(name, model, formats):
    fill(model)
    stem = os.path.join(out, f"{library}_{name}")
    for kind in formats:
        path = f"{stem}.{kind}.h5"
        if kind == "weights":
            model.save_weights(path)
        elif kind == "model":
            model.save(path)
        elif library == "keras3":
            with h5py.File(path, "w") as file:
                save_weights_to_hdf5_group(file, model)
        else:
            model.save_weights(path)
        with open(path, "rb") as file, open(path + ".gz", "wb") as packed:
            packed.write(gzip.compress(file.read(), mtime=0))
        os.remove(path)


def sequential():
    return keras.Sequential([
        keras.Input((4,)), L.Dense(3), L.Dropout(0.5), L.BatchNormalization(), L.Activation("relu"),
        keras.Sequential([L.Dense(3), L.Dense(3)]), L.PReLU()])


def functional():
    x = inputs = keras.Input((4, 5))
    for layer in [L.LSTM(3, return_sequences=True), L.GRU(3), L.Dropout(0.5), L.Dense(2)]:
        x = layer(x)
    return keras.Model(inputs, x)


class Net(keras.Model):

    def __init__(self):
        super().__init__()
        made = [L.Dense(3), L.Dense(3), L.Dense(2), L.Dense(2), L.LayerNormalization()]
        self.zed, self.a, self.mid, self._p = made[0], made[1], L.Dropout(0.5), made[2]
        self.nest = keras.Sequential(made[3:])

    def call(self, x):
        return self.nest(self._p(self.mid(self.a(self.zed(x)))))


def subclass():
    model = Net()
    model(np.zeros((1, 4), "float32"))
    return model


def nested_twice(frozen):
    layers = [L.Dense(4), L.Dense(4), L.Dense(4), L.BatchNormalization()]
    layers[1].trainable = not frozen
    inner = keras.Sequential(layers[2:])
    return keras.Sequential(
        [keras.Input((4,)), layers[0], keras.Sequential([layers[1], inner])])


def compiled():
    model = keras.Sequential([keras.Input((4,)), L.Dense(3), L.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    if library == "keras3":
        model.optimizer.build(model.trainable_variables)
    else:
        model.fit(np.zeros((2, 4)), np.zeros((2, 1)), verbose=0)
    return model


def long_names():
    names = ["n" * 5000] + [f"d{i}" for i in range(12)]
    return keras.Sequential(
        [keras.Input((4,)), L.Dense(2)] + [L.Dropout(0.5, name=name) for name in names])


MODELS = [
    ("sequential", sequential, ["legacy", "model", "weights"]),
    ("functional", functional, ["legacy", "weights"]),
    ("subclass", subclass, ["legacy", "weights"]),
    ("nested", lambda: nested_twice(False), ["legacy", "weights"]),
    ("frozen", lambda: nested_twice(True), ["legacy", "weights"]),
    ("compiled", compiled, ["model", "weights"]),
]
if library == "tf_keras":
    MODELS.append(("long_names", long_names, ["legacy"]))

os.makedirs(out, exist_ok=True)
for name, make, formats in MODELS:
    clear()
    save(name, make(), formats)
