# weights_h5 by order. Exits 1 if the load is accepted without a warning, 0 if not.
import functools, os, shutil, sys, tempfile, warnings
os.environ.setdefault("KERAS_BACKEND", "numpy")
import keras, numpy as np; L = keras.layers; np.seterr(all="ignore")
kids = lambda m: [x for x in m.layers if not isinstance(x, L.InputLayer)]
leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, "layers") else [m]
weights = lambda ls: [v for l in ls for v in l.weights]
def writer():
    a0 = L.Dense(units=1)
    m = keras.Sequential([keras.Input((1,)), a0])
    return m, leaves(m)
def reader():
    a0 = L.Dense(units=1)
    class Block(L.Layer):
        def call(self, x): return a0(x)
    n0 = Block()
    n0.f0 = {a0}
    m = keras.Sequential([keras.Input((1,)), n0])
    return m, sum([leaves(x) for x in [a0]], [])
def fill(ls, seed):
    g = np.random.default_rng(seed)
    for v in weights(ls): v.assign(g.uniform(0.1 if "variance" in v.name else -1, 1, v.shape))
def attempt(call):
    try: return call()
    except Exception as e: print("refused:", type(e).__name__, e); sys.exit(0)
def load():
    r, rl = reader(); fill(rl, 2); attempt(lambda: r.load_weights("m.weights.h5")); return r, rl
os.chdir(tempfile.mkdtemp())
w, wl = writer(); fill(wl, 1)
attempt(lambda: w.save_weights("m.weights.h5"))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always"); r, rl = load()
print("accepted", *[s.message for s in said], sep="\n"); sys.exit(not said)
