# weights_h5 by name. Exits 1 if a layer silently gets weights that were saved under another name, 0 if not.
import functools, os, shutil, sys, tempfile, warnings
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np, tf_keras as keras; L = keras.layers
kids = lambda m: [x for x in m.layers if not isinstance(x, L.InputLayer)]
leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, "layers") else [m]
weights = lambda ls: [v for l in ls for v in l.weights]
def writer():
    a0 = L.Dense(units=3, name="a")
    m = keras.Sequential([keras.Input((3,)), a0])
    return m, leaves(m)
def reader():
    a0 = L.Dense(units=3, name="b")
    m = keras.Sequential([keras.Input((3,)), a0])
    return m, leaves(m)
def fill(ls, seed):
    g = np.random.default_rng(seed)
    for v in weights(ls): v.assign(g.uniform(0.1 if "variance" in v.name else -1, 1, v.shape))
def attempt(call):
    try: return call()
    except Exception as e: print("refused:", type(e).__name__, e); sys.exit(0)
def load():
    r, rl = reader(); fill(rl, 2); old = [[v.numpy() for v in l.weights] for l in kids(r)]
    saved = {l.name: [v.numpy() for v in l.weights] for l in kids(w)}
    attempt(lambda: r.load_weights("m.weights.h5", by_name=True))
    got = [(l.name, v.numpy()) for l, b in zip(kids(r), old) for v, a in zip(l.weights, b) if not np.array_equal(v.numpy(), a)]
    return r, [n for n, v in got if not any(np.array_equal(v, s) for s in saved.get(n, []))]
os.chdir(tempfile.mkdtemp())
w, wl = writer(); fill(wl, 1)
attempt(lambda: w.save_weights("m.weights.h5"))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always"); r, rl = load()
print("loaded under another name:", rl, *[s.message for s in said])
sys.exit(rl != [] and not said)
