"""What of the whole process a load has to leave as it was, for keras_worker.py (PROTOCOL.md).
Filters of warnings are not among it: a library that is imported late adds some of its own, and the
worker puts them back."""

import hashlib
import locale
import os
import sys

import numpy


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return oct(mask)


def digest(texts):
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def saving_lib(library):
    if library.name == "tf_keras":
        from tf_keras.src.saving import serialization_lib
    else:
        from keras.src.saving import serialization_lib
    return serialization_lib


def dtype_policy(keras):
    if hasattr(keras, "config") and hasattr(keras.config, "dtype_policy"):
        return keras.config.dtype_policy().name
    return keras.mixed_precision.global_policy().name


def traceback_filtering(keras):
    place = keras.config if hasattr(keras, "config") else sys.modules["tensorflow"].debugging
    return place.is_traceback_filtering_enabled()


def aspects(library):
    """Texts by aspect; "unknown" where this version of the library does not tell."""
    keras = library.keras
    ask = {
        "floatx": lambda: keras.backend.floatx(), "epsilon": lambda: keras.backend.epsilon(),
        "image_data_format": lambda: keras.backend.image_data_format(),
        "dtype_policy": lambda: dtype_policy(keras),
        "traceback_filtering": lambda: traceback_filtering(keras),
        # Outside of any load: None, or False where unsafe deserialization was enabled.
        "safe_mode": lambda: saving_lib(library).in_safe_mode(),
        "custom_objects": lambda: " ".join(sorted(keras.utils.get_custom_objects())),
        "sys_path": lambda: os.pathsep.join(sys.path), "working_directory": os.getcwd,
        "umask": umask, "locale": lambda: locale.setlocale(locale.LC_ALL),
        "numpy_errors": numpy.geterr, "recursion_limit": sys.getrecursionlimit,
        "environment": lambda: digest(sorted("%s=%s" % pair for pair in os.environ.items()))}
    found = {}
    for name, question in ask.items():
        try:
            found[name] = str(question())
        except Exception:
            found[name] = "unknown"
    return found
