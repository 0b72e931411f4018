# legacy_h5_model by order. Exits 1 if what is beside the weights is not what was saved, 0 if it is or the load is refused.
import functools, os, shutil, sys, tempfile, warnings
os.environ.setdefault("KERAS_BACKEND", "numpy")
import keras, numpy as np; L = keras.layers; np.seterr(all="ignore")
kids = lambda m: [x for x in m.layers if not isinstance(x, L.InputLayer)]
leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, "layers") else [m]
weights = lambda ls: [v for l in ls for v in l.weights]
asked = []
@keras.saving.register_keras_serializable()
class OwnDense(L.Dense):
    def save_own_variables(self, store): asked.append("save"); super().save_own_variables(store)
    def load_own_variables(self, store): asked.append("load"); super().load_own_variables(store)
def writer():
    a0 = OwnDense(units=3)
    m = keras.Sequential([keras.Input((3,)), a0])
    return m, leaves(m)
def reader():
    a0 = L.Dense(units=3)
    m = keras.Sequential([keras.Input((3,)), a0])
    return m, leaves(m)
def fill(ls, seed):
    g = np.random.default_rng(seed)
    for v in weights(ls): v.assign(g.uniform(0.1 if "variance" in v.name else -1, 1, v.shape))
def attempt(call):
    try: return call()
    except Exception as e: print("refused:", type(e).__name__, e); sys.exit(0)
os.chdir(tempfile.mkdtemp())
w, wl = writer(); fill(wl, 1)
attempt(lambda: w.save("m.h5"))
print("asked to", asked); sys.exit("save" not in asked)
