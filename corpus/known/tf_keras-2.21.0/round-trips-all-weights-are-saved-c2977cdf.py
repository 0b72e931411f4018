# legacy_h5 by order. Exits 1 if the load is silently wrong, 0 if right or refused.
import functools, os, shutil, sys, tempfile, warnings
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np, tf_keras as keras; L = keras.layers
kids = lambda m: [x for x in m.layers if not isinstance(x, L.InputLayer)]
leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, "layers") else [m]
weights = lambda ls: [v for l in ls for v in l.weights]
def writer():
    a0 = L.Dense(units=2); a1 = L.BatchNormalization()
    class Block(L.Layer):
        def call(self, x): return a1(a0(x))
    n0 = Block(); n0.stack = {a0, a1}; i = o = keras.Input((2,))
    for x in [n0]: o = x(o)
    m = keras.Model(i, o); return m, sum([leaves(x) for x in [a0, a1]], [])
reader = writer
def fill(ls, seed):
    g = np.random.default_rng(seed)
    for v in weights(ls): v.assign(g.uniform(0.1 if "variance" in v.name else -1, 1, v.shape))
def attempt(call):
    try: return call()
    except Exception as e: print("refused:", type(e).__name__, e); sys.exit(0)
def load():
    r, rl = reader(); fill(rl, 2); attempt(lambda: r.load_weights("m.h5")); return r, rl
os.chdir(tempfile.mkdtemp()); w, wl = writer(); fill(wl, 1); attempt(lambda: w.save_weights("m.h5"))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always"); r, rl = load()
c, cl = reader(); want = [v.numpy() for v in weights(wl)]; same = [v.shape for v in want] == [tuple(v.shape) for v in weights(cl)]
if not same: sys.exit(print("loaded into another model") or not said)
for v, a in zip(weights(cl), want): v.assign(a)
x = np.random.default_rng(1).uniform(-1, 1, (3, 2)).astype("float32"); equal = lambda a, b: np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True); bad = [v.path if hasattr(v, "path") else v.name for v, a in zip(weights(rl), want) if not equal(v, a)]; print(r(x), c(x), *bad, *[s.message for s in said], sep="\n"); sys.exit(not said and (bad != [] or not equal(r(x), c(x))))
