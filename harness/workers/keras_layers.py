"""The layers that weightproof plays on a real Keras: how they are made, and their variables by id."""

import collections
import os

import numpy

# Layers that do nothing in inference; they have no place in variable ids.
NOOPS = {"InputLayer", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
         "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization"}

# Every layer class played, with the smallest arguments that make one (a `stray`).
SMALLEST = {
    "Dense": {"units": 1}, "Activation": {"activation": "linear"}, "ReLU": {}, "LeakyReLU": {},
    "PReLU": {}, "ELU": {}, "Softmax": {}, "Dropout": {"rate": 0.5},
    "SpatialDropout1D": {"rate": 0.5}, "SpatialDropout2D": {"rate": 0.5},
    "GaussianNoise": {"stddev": 0.5}, "GaussianDropout": {"rate": 0.5},
    "AlphaDropout": {"rate": 0.5}, "ActivityRegularization": {}, "Flatten": {},
    "Reshape": {"target_shape": [1]}, "BatchNormalization": {}, "LayerNormalization": {},
    "Embedding": {"input_dim": 1, "output_dim": 1},
    "Conv1D": {"filters": 1, "kernel_size": 1}, "Conv2D": {"filters": 1, "kernel_size": 1},
    "MaxPooling1D": {"pool_size": 1}, "MaxPooling2D": {"pool_size": 1},
    "AveragePooling1D": {"pool_size": 1}, "AveragePooling2D": {"pool_size": 1},
    "GlobalMaxPooling1D": {}, "GlobalMaxPooling2D": {},
    "GlobalAveragePooling1D": {}, "GlobalAveragePooling2D": {},
    "SimpleRNN": {"units": 1}, "LSTM": {"units": 1}, "GRU": {"units": 1}, "Sequential": {},
    "SimpleRNNCell": {"units": 1}, "LSTMCell": {"units": 1}, "GRUCell": {"units": 1},
    "Bidirectional": {}, "TimeDistributed": {}, "RNN": {},
    "Normalization": {}, "GroupNormalization": {"groups": 1},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": [1]},
    "DepthwiseConv1D": {"kernel_size": 1}, "DepthwiseConv2D": {"kernel_size": 1},
    "SeparableConv1D": {"filters": 1, "kernel_size": 1},
    "SeparableConv2D": {"filters": 1, "kernel_size": 1},
    "Conv1DTranspose": {"filters": 1, "kernel_size": 1},
    "Conv2DTranspose": {"filters": 1, "kernel_size": 1},
    "ConvLSTM1D": {"filters": 1, "kernel_size": 1},
    "Add": {}, "Average": {}, "Maximum": {}, "Minimum": {}, "Multiply": {}, "Subtract": {},
    "Concatenate": {},
    "IntegerLookup": {"vocabulary": [0]},
}

# Layers with a vocabulary, which `adapt` and `set_vocabulary` keep beside the weights.
LOOKUPS = {"IntegerLookup"}

# What the smallest wrapper holds.
SMALLEST_HELD = {"Bidirectional": "LSTM", "TimeDistributed": "Dense", "RNN": "LSTMCell"}

# Where tf_keras has another word for a role.
ROLES = {"depthwise_kernel": ("DepthwiseConv1D", "DepthwiseConv2D")}


class Unsupported(Exception):
    """The case asks for something that this library does not have."""


class Library:
    """The few places where Keras 3 and tf_keras go by other names."""

    def __init__(self, name):
        self.name = name
        if name == "keras":
            os.environ.setdefault("KERAS_BACKEND", "numpy")
            import keras
            self.keras, self.dialect = keras, "keras3"
            self.backend = keras.backend.backend()
        else:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
            import tensorflow
            import tf_keras
            threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
            if threads:
                tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
                tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
            self.keras, self.dialect, self.backend = tf_keras, "tf_keras", "tensorflow"
        self.version = self.keras.__version__
        # Class names of the layers played that this version has. Keras 3 makes lookup layers only
        # where TensorFlow is installed, and computes them only on its backend.
        missing = {"Sequential"} | (LOOKUPS if name == "keras" else set())
        self.layers = [name for name in SMALLEST
                       if name not in missing and hasattr(self.keras.layers, name)]

    def clear_names(self):
        """But for one thing that a process finds out once: which attributes Keras 3's own classes
        have. Looked up anew after every clearing, that takes a tenth of all its work."""
        caches = self.caches()
        self.clear_session()
        for name, value in caches.items():
            setattr(self.state(), name, value)

    def caches(self):
        known = vars(self.state()) if self.state() is not None else {}
        return {name: value for name, value in known.items()
                if name.startswith("saving_attr_skiplist_")}

    def state(self):
        """Of a session, where Keras 3 keeps it; None where this version keeps it elsewhere."""
        if self.name != "keras":
            return None
        try:
            from keras.src.backend.common import global_state
            return global_state.GLOBAL_STATE_TRACKER
        except (ImportError, AttributeError):
            return None

    def clear_session(self):
        if self.name == "tf_keras":
            self.keras.backend.clear_session()
        elif self.version.startswith(("3.0.", "3.1.", "3.2.")):  # no such option yet
            self.keras.utils.clear_session()
        else:
            self.keras.utils.clear_session(free_memory=False)

    def counters(self):
        """What automatic names count on from, as a copy; None where this version keeps it elsewhere."""
        try:
            if self.name == "keras":
                from keras.src.backend.common import global_state
                return dict(global_state.get_global_attribute("object_name_uids") or {})
            from tf_keras.src import backend
            return dict(backend.get_default_graph_uid_map()), set(backend.OBSERVED_NAMES)
        except (ImportError, AttributeError):
            return None

    def set_counters(self, counters):
        """What `counters` gave, after clear_names."""
        if self.name == "keras":
            from keras.src.backend.common import global_state
            uids = global_state.get_global_attribute(
                "object_name_uids", default=collections.defaultdict(int), set_to_default=True)
            uids.update(counters)
        else:
            from tf_keras.src import backend
            backend.get_default_graph_uid_map().update(counters[0])
            backend.OBSERVED_NAMES.update(counters[1])

    def set_policy(self, name):
        """The dtype policy of layers that are made from now on."""
        if self.name == "keras":
            self.keras.config.set_dtype_policy(name)
        else:
            self.keras.mixed_precision.set_global_policy(name)

    def layer(self, class_name, config, name=None, frozen=False, held=(), own=None):
        """`own`: a dictionary that takes the class made for a layer that keeps its state itself."""
        if class_name not in self.layers:
            raise Unsupported("layer " + class_name)
        config = dict(config)
        if class_name == "LeakyReLU" and self.name == "tf_keras" and "negative_slope" in config:
            config["alpha"] = config.pop("negative_slope")
        if name:
            config["name"] = name
        if frozen:
            config["trainable"] = False
        if class_name in SMALLEST_HELD:
            inner = [self.layer(h["class"], h.get("config", {}))
                     for h in held or [{"class": SMALLEST_HELD[class_name],
                                        "config": SMALLEST[SMALLEST_HELD[class_name]]}]]
            return getattr(self.keras.layers, class_name)(
                inner if class_name == "RNN" else inner[0], **config)
        made = getattr(self.keras.layers, class_name)
        if own is not None:
            made = own.setdefault(class_name, keeper(made))
        return made(**config)

    def sequential(self, layers, name, frozen):
        """tf_keras has no argument `trainable` here: it is set right after the constructor."""
        if not frozen:
            return self.keras.Sequential(layers, name=name)
        if self.name == "keras":
            return self.keras.Sequential(layers, trainable=False, name=name)
        model = self.keras.Sequential(layers, name=name)
        model.trainable = False
        return model


def keeper(base):
    """A class that keeps its state itself, in the way of the one that it derives from."""
    asked = {"saved": 0, "loaded": 0}

    def save_own_variables(self, store):
        asked["saved"] += 1
        base.save_own_variables(self, store)

    def load_own_variables(self, store):
        asked["loaded"] += 1
        base.load_own_variables(self, store)

    # Names of layers and groups in files come from the name of the class.
    return type(base.__name__, (base,), {"asked": asked, "save_own_variables": save_own_variables,
                                         "load_own_variables": load_own_variables})


def take_vocabulary(layer, step):
    """By the layer's own call. `adapt` puts the token first that it met most often."""
    tokens = step["tokens"]
    if step["how"] == "adapt":
        layer.adapt(numpy.repeat(tokens, range(len(tokens), 0, -1)))
    else:
        layer.set_vocabulary(tokens)


def vocabularies(model):
    """Of a tf_keras model's lookup layers, in the order of its layers; None for one without."""
    found = []
    for layer in model._flatten_layers():
        if type(layer).__name__ in LOOKUPS:
            try:
                found.append([int(token) for token in layer.get_vocabulary()])
            except Exception:  # a table that nothing was put into
                found.append(None)
    return found


def is_compiled(model):
    return bool(getattr(model, "compiled", None) or getattr(model, "_is_compiled", False))


def optimizer_variables(model):
    """Of a compiled model, as training would begin with them."""
    optimizer = model.optimizer
    if not getattr(optimizer, "built", False):
        optimizer.build(model.trainable_variables)  # tf_keras: once, however often it is called
    return list(optimizer.variables)


def variables_of(keras, model, children):
    """Pairs of variable id and variable: computing layers in the order of calls."""
    leaves = []

    def walk(container):
        for layer in children(container):
            if isinstance(layer, keras.Model) or hasattr(layer, "elements"):
                walk(layer)
            elif type(layer).__name__ in NOOPS:
                continue
            elif (type(layer).__name__ == "Activation"
                  and getattr(layer.activation, "__name__", "") == "linear"):
                continue
            else:
                leaves.append(layer)

    walk(model)
    return [pair for index, layer in enumerate(leaves)
            for pair in variables_in(layer, "%d/" % index)]


def parts(layer):
    """What a wrapper holds, by its name in variable ids; nothing for a plain layer."""
    name = type(layer).__name__
    if name == "Bidirectional":
        return {"forward": layer.forward_layer, "backward": layer.backward_layer}
    if name == "TimeDistributed":
        return {"layer": layer.layer}
    if name == "RNN":
        return {"cells/%d" % i: cell for i, cell in enumerate(layer.cell.cells)}
    return {}


def part(layer, path):
    return parts(layer)[path] if path else layer


def variables_in(layer, place):
    """Pairs of variable id and variable; those of a wrapper belong to its parts."""
    inside = parts(layer)
    if inside:
        return [pair for name, inner in inside.items()
                for pair in variables_in(inner, "%s%s/" % (place, name))]
    pairs = []
    for variable in layer.weights:
        if not hasattr(variable, "shape"):
            continue  # tf_keras lists a vocabulary among the weights, as an object of another kind
        path = getattr(variable, "path", None) or variable.name
        role = path.split(":")[0].split("/")[-1]
        if type(layer).__name__ in ROLES.get(role, ()):
            role = "kernel"
        pairs.append((place + role, variable))
    return pairs


def derive(layer):
    """What is computed from variables that were assigned directly (Normalization's mean)."""
    inside = layer.elements() if hasattr(layer, "elements") else getattr(layer, "layers", [])
    for inner in list(parts(layer).values()) or list(inside):
        derive(inner)
    if type(layer).__name__ == "Normalization":
        layer.finalize_state()
