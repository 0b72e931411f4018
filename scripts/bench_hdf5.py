"""Times the strict HDF5 reader; run by `scripts/bench hdf5` in an environment with h5py.

A Keras file opened and read, against the HDF5 library; 512 MB of float32 until every element is
summed, against h5py reading into arrays and against reading and summing the plain bytes; files of
25,000, 50,000 and 100,000 groups. Everything warm, alternating, median of five.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

PROGRAM = "build/release/weightproof_hdf5_timing"
OUT = pathlib.Path("build/bench/hdf5.json")
SMALL_BYTES = 14_000
REPEATS = 5


def run(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], check=True, stdout=subprocess.PIPE,
                          text=True)
    return {row[0]: float(row[1]) for row in map(str.split, done.stdout.splitlines())}


def small_file():
    files = pathlib.Path("corpus/golden").rglob("*.h5")
    return min(files, key=lambda path: (abs(path.stat().st_size - SMALL_BYTES), str(path)))


def write_tensors(path):
    values = np.random.default_rng(1).standard_normal(2 << 20, "f4")
    with h5py.File(path, "w") as f:
        for i in range(64):
            f.create_dataset(f"layers/dense_{i}/vars/0", data=values)


def sum_by_h5py(path):
    begin, total = time.perf_counter(), 0.0
    with h5py.File(path, "r") as f:
        layers = f["layers"]
        for name in layers:
            total += float(layers[name]["vars/0"][()].sum())
    return time.perf_counter() - begin


def write_groups(path, count):
    with h5py.File(path, "w") as f:
        for i in range(count):
            f.create_group(f"group_{i * 7919 % count:06}")


def show(figures, name, values, unit=1e3):
    figures[name] = statistics.median(values)
    print(f"{name:44} {figures[name] * unit:10.4f} ms   of "
          + " ".join(f"{value * unit:.4f}" for value in values))


def ratio(figures, name, slow, fast):
    figures[name] = figures[slow] / figures[fast]
    print(f"{name:44} {figures[name]:10.2f}")


def main():
    figures = {}
    with tempfile.TemporaryDirectory(dir=OUT.parent) as folder:
        small = small_file()
        print(f"{small}, {small.stat().st_size} bytes")
        runs = [run("read", small, 2000) for _ in range(REPEATS)]
        show(figures, "open and read, strict", [one["strict"] for one in runs])
        show(figures, "open and read, HDF5 library", [one["library"] for one in runs])
        ratio(figures, "the library takes times as long", "open and read, HDF5 library",
              "open and read, strict")

        large = pathlib.Path(folder) / "large.h5"
        write_tensors(large)
        rows = {"strict": [], "plain": [], "h5py": []}
        for i in range(REPEATS + 1):  # the first round warms
            for how, seconds in rows.items():
                took = sum_by_h5py(large) if how == "h5py" else run("sum", how, large)[how]
                if i > 0:
                    seconds.append(took)
        for how, seconds in rows.items():
            show(figures, f"512 MB read and summed, {how}", seconds)
        ratio(figures, "strict over h5py", "512 MB read and summed, strict",
              "512 MB read and summed, h5py")
        ratio(figures, "strict over plain", "512 MB read and summed, strict",
              "512 MB read and summed, plain")

        for count in (25_000, 50_000, 100_000):
            path = pathlib.Path(folder) / f"groups-{count}.h5"
            write_groups(path, count)
            show(figures, f"{count} groups, strict",
                 [run("sum", "strict", path)["strict"] for _ in range(REPEATS)])
    OUT.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
