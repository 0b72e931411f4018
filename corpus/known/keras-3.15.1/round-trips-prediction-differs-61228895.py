# legacy_h5_model by name. Exits 1 if the load is silently wrong, 0 if right or refused.
import functools, os, shutil, sys, tempfile, warnings
os.environ.setdefault("KERAS_BACKEND", "numpy")
import keras, numpy as np; L = keras.layers; np.seterr(all="ignore")
kids = lambda m: [x for x in m.layers if not isinstance(x, L.InputLayer)]
leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, "layers") else [m]
weights = lambda ls: [v for l in ls for v in l.weights]
derive = lambda ls: [l.finalize_state() for l in ls if isinstance(l, L.Normalization)]
def writer():
    a0 = L.Normalization(); n0 = keras.Sequential([a0]); m = keras.Sequential([keras.Input((1,)), n0]); return m, leaves(m)
def reader():
    keras.utils.clear_session(free_memory=False); a0 = L.Normalization(); n0 = keras.Sequential([a0]); m = keras.Sequential([keras.Input((1,)), n0]); return m, leaves(m)
def fill(ls, seed):
    g = np.random.default_rng(seed)
    for v in weights(ls): v.assign(g.integers(1, 9, v.shape) if "count" in v.name else g.uniform(0.1 if "variance" in v.name else -1, 1, v.shape))
    derive(ls)
def attempt(call):
    try: return call()
    except Exception as e: print("refused:", type(e).__name__, e); sys.exit(0)
def load():
    r, rl = reader(); fill(rl, 2); attempt(lambda: r.load_weights("m.h5", by_name=True)); return r, rl
os.chdir(tempfile.mkdtemp()); w, wl = writer(); fill(wl, 1); attempt(lambda: w.save("m.h5"))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always"); r, rl = load()
c, cl = reader(); want = [v.numpy() for v in weights(wl)]; same = [v.shape for v in want] == [tuple(v.shape) for v in weights(cl)]
if not same: sys.exit(print("loaded into another model") or not said)
for v, a in zip(weights(cl), want): v.assign(a)
derive(cl); x = np.random.default_rng(1).uniform(-1, 1, (1, 1)).astype("float32"); equal = lambda a, b: np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True); bad = [v.path if hasattr(v, "path") else v.name for v, a in zip(weights(rl), want) if not equal(v, a)]; print(r(x), c(x), *bad, *[s.message for s in said], sep="\n"); sys.exit(not said and (bad != [] or not equal(r(x), c(x))))
