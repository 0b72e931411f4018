"""TensorFlow.js's own converter between Keras `.h5` files and layers models, for tfjs_worker.js.

JSON Lines: {"op": "to_tfjs", "from": PATH, "to": FOLDER} or {"op": "to_keras", "from": MODEL_JSON,
"to": PATH}, each with "directory" and "umask" (-1: as it is); answers {"ok": true, "printed": TEXT}
or {"ok": false, "kind": CLASS, "message": TEXT, "printed": TEXT}. The first line says that it is up.
"""

import contextlib
import io
import json
import os
import sys
import warnings


def convert(converter, request):
    if request["op"] == "to_tfjs":
        converter.dispatch_keras_h5_to_tfjs_layers_model_conversion(request["from"], request["to"])
    else:
        converter.dispatch_tensorflowjs_to_keras_h5_conversion(request["from"], request["to"])


def answer(converter, request):
    printed = io.StringIO()
    start = os.getcwd()
    umask = os.umask(request["umask"]) if request["umask"] >= 0 else None
    try:
        os.chdir(request["directory"])
        with (warnings.catch_warnings(), contextlib.redirect_stdout(printed),
              contextlib.redirect_stderr(printed)):
            warnings.simplefilter("always")  # each time, not once per process
            convert(converter, request)
        return {"ok": True, "printed": printed.getvalue().strip()}
    except Exception as error:  # a refusal is whatever the converter raises
        return {"ok": False, "kind": type(error).__name__, "message": str(error),
                "printed": printed.getvalue().strip()}
    finally:
        os.chdir(start)
        if umask is not None:
            os.umask(umask)


def serve():
    # What libraries print must not reach the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_USE_LEGACY_KERAS="1")
    from tensorflowjs.converters import converter
    answers.write('{"up": true}\n')
    answers.flush()
    for line in sys.stdin:
        answers.write(json.dumps(answer(converter, json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
