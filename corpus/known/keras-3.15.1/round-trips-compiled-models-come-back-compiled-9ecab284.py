# legacy_h5_model by order. Exits 1 if the save or the load is refused, 0 if not.
import functools, os, shutil, sys, tempfile, warnings
os.environ.setdefault("KERAS_BACKEND", "numpy")
import keras, numpy as np; L = keras.layers; np.seterr(all="ignore")
kids = lambda m: [x for x in m.layers if not isinstance(x, L.InputLayer)]
leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, "layers") else [m]
weights = lambda ls: [v for l in ls for v in l.weights]
def writer():
    a0 = L.Dense(units=3)
    m = keras.Sequential([keras.Input((3,)), a0])
    m.compile(keras.optimizers.SGD(), "mse")
    return m, leaves(m)
def reader():
    a0 = L.Dense(units=3)
    m = keras.Sequential([keras.Input((3,)), a0])
    m.compile(keras.optimizers.SGD(), "mse")
    m = type(m).from_config(m.get_config())
    return m, leaves(m)
def fill(ls, seed):
    g = np.random.default_rng(seed)
    for v in weights(ls): v.assign(g.uniform(0.1 if "variance" in v.name else -1, 1, v.shape))
def attempt(call):
    try: return call()
    except Exception as e: print("refused:", type(e).__name__, e); sys.exit(1)
def load():
    r = attempt(lambda: keras.models.load_model("m.h5")); return r, leaves(r)
os.chdir(tempfile.mkdtemp())
w, wl = writer(); fill(wl, 1)
attempt(lambda: w.save("m.h5"))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always"); r, rl = load()
print("accepted", *[s.message for s in said], sep="\n")
