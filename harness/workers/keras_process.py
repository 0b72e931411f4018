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


def custom_objects(keras):
    return sorted(keras.utils.get_custom_objects())


def safe_mode(library):
    """As it stands outside of any load: None, or False where unsafe deserialization was enabled."""
    if library.name == "tf_keras":
        from tf_keras.src.saving import serialization_lib
    else:
        from keras.src.saving import serialization_lib
    return getattr(serialization_lib, "in_safe_mode", lambda: "unknown")()


def traceback_filtering(keras):
    for place in (getattr(keras, "config", None), keras.utils):
        if hasattr(place, "is_traceback_filtering_enabled"):
            return place.is_traceback_filtering_enabled()
    return "unknown"


def aspects(library):
    keras = library.keras
    policies = getattr(keras, "dtype_policies", None) or keras.mixed_precision
    policy = getattr(keras.config, "dtype_policy", None) if hasattr(keras, "config") else None
    policy = policy() if policy else policies.global_policy()
    found = {
        "floatx": keras.backend.floatx(), "epsilon": keras.backend.epsilon(),
        "image_data_format": keras.backend.image_data_format(), "dtype_policy": policy.name,
        "traceback_filtering": traceback_filtering(keras), "safe_mode": safe_mode(library),
        "custom_objects": " ".join(custom_objects(keras)), "sys_path": os.pathsep.join(sys.path),
        "working_directory": os.getcwd(), "umask": umask(),
        "locale": locale.setlocale(locale.LC_ALL),
        "numpy_errors": numpy.geterr(),
        "recursion_limit": sys.getrecursionlimit(),
        "environment": digest(sorted("%s=%s" % pair for pair in os.environ.items()))}
    return {name: str(value) for name, value in found.items()}
