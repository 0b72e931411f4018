"""Arrays and messages of a real Keras as harness/testee/PROTOCOL.md has them, for keras_worker.py."""

import base64
import contextlib
import io
import logging
import warnings

import numpy


class Log(logging.Handler):
    """Everything that an operation says: warnings, log records, prints."""

    LOGGERS = (None, "absl", "tensorflow", "keras", "tf_keras")

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines, self.seen = [], set()

    def emit(self, record):
        if record not in self.seen:
            self.seen.add(record)
            self.lines.append({"kind": "log", "text": record.getMessage()})

    @contextlib.contextmanager
    def listening(self):
        printed = io.StringIO()
        loggers = [logging.getLogger(name) for name in self.LOGGERS]
        for logger in loggers:
            logger.addHandler(self)
        try:
            # What numpy finds odd about values, which Keras 3 leaves to chance where it only wants to
            # know shapes, is no word of the library's.
            with numpy.errstate(all="ignore"), warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                    yield
        finally:
            for logger in loggers:
                logger.removeHandler(self)
            self.lines = [{"kind": "warning", "text": "%s: %s" % (w.category.__name__, w.message)}
                          for w in caught] + self.lines
            if printed.getvalue().strip():
                self.lines.append({"kind": "printed", "text": printed.getvalue().strip()})


def to_wire(array):
    array = numpy.asarray(array)
    little = numpy.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return {"dtype": str(array.dtype), "shape": list(array.shape),
            "data": base64.b64encode(little.tobytes()).decode("ascii")}


def from_wire(tensor):
    data = base64.b64decode(tensor["data"], validate=True)
    dtype = numpy.dtype(tensor["dtype"]).newbyteorder("<")
    return numpy.frombuffer(data, dtype).reshape(tensor["shape"]).astype(tensor["dtype"])


def to_numpy(result):
    return numpy.asarray(result.detach() if hasattr(result, "detach") else result)  # of PyTorch


def predict(model, inputs):
    """One array; several outputs are flattened and stand side by side."""
    result = model(inputs)
    if not isinstance(result, (list, tuple)):
        return to_numpy(result)
    flat = [to_numpy(r) for r in result]
    return numpy.concatenate([r.reshape(len(r), -1) for r in flat], axis=1)
