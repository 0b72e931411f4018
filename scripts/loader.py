"""Says what the environment of a real loader is made of: keras@3.10.0:jax, tf_keras, tfjs.

  loader.py NAME                   the packages, as pip reads them
  loader.py --folder NAME...       the name of its folder under build/venv
  loader.py --backend NAME...      the backend of Keras for its process; an empty line for others
  loader.py --library NAME         the library alone
  loader.py --versions A..B NAME   published versions of its library from A to B, one a line

Exit code 2 with a reason for a name that is none. The C++ side of these rules is
harness/testee/loader_name.cc.
"""

import argparse
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
BACKENDS = ("numpy", "jax", "torch", "tensorflow")

# What goes with a version of Keras 3: from this version on, numpy, h5py, scipy, jax, torch,
# tensorflow. numpy 2 came between Keras 3.5 and 3.6. The default versions' packages stand in
# requirements-*.txt.
KERAS = [
    ((3, 0, 0), "1.26.4", "3.11.0", "1.12.0", "0.4.30", "2.2.2", "2.16.2"),
    ((3, 4, 0), "1.26.4", "3.11.0", "1.12.0", "0.4.30", "2.4.1", "2.17.1"),
    ((3, 6, 0), "2.0.2", "3.12.1", "1.14.1", "0.4.35", "2.5.1", "2.18.1"),
    ((3, 9, 0), "2.1.3", "3.13.0", "1.15.3", "0.6.0", "2.7.1", "2.19.1"),
    ((3, 12, 0), "2.3.4", "3.14.0", "1.16.2", "0.8.0", "2.9.1", "2.20.0"),
    ((3, 15, 0), "2.4.6", "3.14.0", "1.17.1", "0.10.2", "2.15.0", "2.21.0"),
]

# What goes with a version of tf-keras: tensorflow, keras (which TensorFlow wants too), numpy, h5py.
TF_KERAS = {
    (2, 14): ("2.14.1", None, "1.26.4", "3.11.0"),
    (2, 15): ("2.15.1", None, "1.26.4", "3.11.0"),
    (2, 16): ("2.16.2", "3.3.3", "1.26.4", "3.11.0"),
    (2, 17): ("2.17.1", "3.5.0", "1.26.4", "3.11.0"),
    (2, 18): ("2.18.1", "3.8.0", "2.0.2", "3.12.1"),
    (2, 19): ("2.19.1", "3.10.0", "2.1.3", "3.13.0"),
    (2, 20): ("2.20.0", "3.12.0", "2.3.4", "3.14.0"),
    (2, 21): ("2.21.0", "3.15.1", "2.4.6", "3.14.0"),
}


class Wrong(Exception):
    """A name or range that is none, with what to write instead."""


def numbers(version):
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6}){2}", version):
        raise Wrong("'%s' is no version; write three numbers, as in 3.10.0" % version)
    return tuple(map(int, version.split(".")))


def default_version(library):
    text = (FOLDER / ("requirements-%s.txt" % library)).read_text()
    found = re.search(r"^%s==(.+)$" % library, text, re.MULTILINE)
    return found.group(1) if found else ""


def parse(name):
    """Library, version and backend; a default version is left out."""
    found = re.fullmatch(r"(keras|tf_keras|tfjs)(?:@([^:]*))?(?::(.*))?", name)
    if not found:
        raise Wrong("'%s' is no real loader; write keras, tf_keras or tfjs, as in keras@3.10.0:jax"
                    % name)
    library, version, backend = found.groups()
    if backend is not None and library != "keras":
        raise Wrong("%s has one backend only; leave ':%s' out" % (library, backend))
    if backend is not None and backend not in BACKENDS:
        raise Wrong("'%s' is no backend of Keras; write %s" % (backend, ", ".join(BACKENDS)))
    if version is not None:
        if library == "tfjs":
            raise Wrong("tfjs is known in one version only; leave '@%s' out" % version)
        if library == "keras" and numbers(version)[0] != 3:
            raise Wrong("that is not Keras 3; Keras 2 is tf_keras, as in tf_keras@2.16.0")
        numbers(version)
        if version == default_version(library):
            version = None
    return library, version, backend


def backend_of(library, version, backend):
    if library != "keras":
        return ""
    # The numpy backend of Keras 3.0 needs PyTorch.
    return backend or ("jax" if version and version.startswith("3.0.") else "numpy")


def folder(name):
    library, version, backend = parse(name)
    backend = backend_of(library, version, backend)
    text = library + ("@" + version if version else "")
    old = bool(version) and version.startswith("3.0.")
    # The numpy backend needs JAX too, so the two share an environment.
    if backend in ("torch", "tensorflow") or (backend == "numpy" and old):
        text += "+" + backend
    return text


def keras_packages(version, backend):
    row = [row for row in KERAS if row[0] <= numbers(version)][-1]
    numpy, h5py, scipy, jax, torch, tensorflow = row[1:]
    packages = ["keras==" + version, "h5py==" + h5py, "numpy==" + numpy, "packaging"]
    old = version.startswith("3.0.")
    if backend in ("numpy", "jax"):
        packages += ["scipy==" + scipy, "jax==" + jax]
    if backend == "torch" or (backend == "numpy" and old):
        packages.append("torch==" + torch)
    if backend == "tensorflow":
        packages.append("tensorflow==" + tensorflow)
    return packages


def tf_keras_packages(version):
    row = TF_KERAS.get(numbers(version)[:2])
    if row is None:
        raise Wrong("tf_keras %s has no TensorFlow for this Python; write %s to %s" % (
            version, *("%d.%d" % edge for edge in (min(TF_KERAS), max(TF_KERAS)))))
    tensorflow, keras, numpy, h5py = row
    packages = ["tf_keras==" + version, "tensorflow==" + tensorflow]
    return packages + (["keras==" + keras] if keras else []) + ["h5py==" + h5py, "numpy==" + numpy]


def packages(name):
    library, version, backend = parse(name)
    if not version and "+" not in folder(name):
        return (FOLDER / ("requirements-%s.txt" % library)).read_text()
    version = version or default_version(library)
    lines = (tf_keras_packages(version) if library == "tf_keras"
             else keras_packages(version, backend_of(library, version, backend)))
    return "\n".join(["# %s, by scripts/loader.py" % name.partition(":")[0], *lines]) + "\n"


def published(library):
    """Versions that pip's index has for this Python, final ones only."""
    command = [sys.executable, "-m", "pip", "index", "versions", "--no-color", library]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"^Available versions: (.*)$", done.stdout, re.MULTILINE)
    if not found:
        raise Wrong("pip does not list the versions of %s: %s"
                    % (library, (done.stderr.strip() or "no answer").splitlines()[-1]))
    plain = re.compile(r"\d+\.\d+\.\d+")
    return sorted((numbers(v) for v in found.group(1).split(", ") if plain.fullmatch(v)))


def versions(library, span):
    library = parse(library)[0]
    if library == "tfjs":
        raise Wrong("tfjs is known in one version only")
    first, dots, last = span.partition("..")
    if not dots:
        raise Wrong("'%s' is no range; write two versions with '..' between, as in 3.0.5..3.15.1"
                    % span)
    low, high = numbers(first), numbers(last)
    found = [v for v in published(library) if low <= v <= high
             and (v[0] == 3 if library == "keras" else v[:2] in TF_KERAS)]
    if not found:
        raise Wrong("no published version of %s lies in %s" % (library, span))
    return "".join("%d.%d.%d\n" % v for v in found)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    for option in ("folder", "backend", "library"):
        what.add_argument("--" + option, action="store_true", help=argparse.SUPPRESS)
    what.add_argument("--versions", metavar="A..B", help=argparse.SUPPRESS)
    parser.add_argument("names", metavar="NAME", nargs="+")
    arguments = parser.parse_args()
    try:
        if arguments.versions:
            answer = lambda name: versions(name, arguments.versions)
        elif arguments.folder:
            answer = lambda name: folder(name) + "\n"
        elif arguments.backend:
            answer = lambda name: backend_of(*parse(name)) + "\n"
        elif arguments.library:
            answer = lambda name: parse(name)[0] + "\n"
        else:
            answer = packages
        text = "".join(answer(name) for name in arguments.names)
    except Wrong as error:
        print("loader.py: %s" % error, file=sys.stderr)
        return 2
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
