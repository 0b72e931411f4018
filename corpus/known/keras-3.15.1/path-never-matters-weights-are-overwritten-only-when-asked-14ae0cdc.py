# weights_h5 by order. Exits 1 if what stood there is replaced unasked, 0 if not.
import functools, os, shutil, sys, tempfile, warnings
os.environ.setdefault("KERAS_BACKEND", "numpy")
import keras, numpy as np; L = keras.layers; np.seterr(all="ignore")
kids = lambda m: [x for x in m.layers if not isinstance(x, L.InputLayer)]
leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, "layers") else [m]
weights = lambda ls: [v for l in ls for v in l.weights]
def writer():
    a0 = L.Dense(units=3)
    m = keras.Sequential([keras.Input((3,)), a0])
    return m, leaves(m)
reader = writer
def fill(ls, seed):
    g = np.random.default_rng(seed)
    for v in weights(ls): v.assign(g.uniform(0.1 if "variance" in v.name else -1, 1, v.shape))
def attempt(call):
    try: return call()
    except Exception as e: print("refused:", type(e).__name__, e); sys.exit(0)
os.chdir(tempfile.mkdtemp())
w, wl = writer(); fill(wl, 9); attempt(lambda: w.save_weights("m.weights.h5", overwrite=False, max_shard_size=max([64] + [v.numpy().nbytes for v in w.weights]) / 2**30))
files = lambda: {f: open(f, "rb").read() for f in os.listdir()}
w, wl = writer(); fill(wl, 1); old = files()
attempt(lambda: w.save_weights("m.weights.h5", overwrite=False, max_shard_size=max([64] + [v.numpy().nbytes for v in w.weights]) / 2**30))
print(*old); sys.exit(any(files()[f] != old[f] for f in old))
