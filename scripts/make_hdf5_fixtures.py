#!/usr/bin/env python3
"""Writes the HDF5 files of model/checkpoint/testdata with h5py, and what is in them as text.

  scripts/make_hdf5_fixtures.py            writes the folder anew (needs h5py and numpy)
  scripts/make_hdf5_fixtures.py --dump F   prints the content of one HDF5 file in the same text

One line per group, attribute and dataset, columns divided by tabs:
path, type, shape, elements in hexadecimal divided by ";", storage.
"""

import argparse
import pathlib

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "model" / "checkpoint" / "testdata"
NUMBERS = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]


def describe(tid):
    """Element type in words."""
    if isinstance(tid, h5py.h5t.TypeStringID):
        charset = "utf8" if tid.get_cset() == h5py.h5t.CSET_UTF8 else "ascii"
        return f"vlen {charset}" if tid.is_variable_str() else f"fixed {tid.get_size()} {charset}"
    if isinstance(tid, h5py.h5t.TypeOpaqueID):
        return f"opaque {tid.get_size()}"
    dtype = tid.dtype
    return dtype.newbyteorder("=").name + (" big" if dtype.byteorder == ">" else "")


def elements(value, dtype):
    """Little-endian bytes of each element; text as it is."""
    array = np.asarray(value)
    if dtype.kind in "OSU":
        texts = [x.encode() if isinstance(x, str) else bytes(x) for x in array.reshape(-1)]
        return ";".join(text.hex() for text in texts)
    if dtype.kind in "iufb":
        array = array.astype(array.dtype.newbyteorder("<"))
    return ";".join(array.reshape(-1)[i : i + 1].tobytes().hex() for i in range(array.size))


def line(path, tid, shape, value, dtype, storage=""):
    if shape is None:
        return f"{path}\t{describe(tid)}\tnull\t\t{storage}"
    text = "(" + ", ".join(str(n) for n in shape) + ("," if len(shape) == 1 else "") + ")"
    return f"{path}\t{describe(tid)}\t{text}\t{elements(value, dtype)}\t{storage}"


def storage_of(dataset):
    if dataset.shape is None or dataset.chunks is None:
        return ""
    words = ["chunk " + ",".join(str(n) for n in dataset.chunks)]
    if dataset.compression == "gzip":
        words.append(f"deflate {dataset.compression_opts}")
    words += [word for word in ("shuffle", "fletcher32") if getattr(dataset, word)]
    return " ".join(words)


def by_bytes(names):
    return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))


def dump_attributes(node, path, lines):
    for name in by_bytes(node.attrs):
        attribute = h5py.h5a.open(node.id, name.encode("utf-8", "surrogateescape"))
        shape = None if attribute.get_space().get_simple_extent_type() == h5py.h5s.NULL else (
            attribute.shape)
        value = node.attrs[name] if shape is not None else None
        lines.append(line(f"{path}@{name}", attribute.get_type(), shape, value, attribute.dtype))


def dump(node, path="", lines=None):
    lines = [] if lines is None else lines
    if isinstance(node, h5py.Dataset):
        value = node[()] if node.shape is not None else None
        lines.append(line(path, node.id.get_type(), node.shape, value, node.dtype, storage_of(node)))
        dump_attributes(node, path, lines)
        return lines
    lines.append((path or "/") + "\tgroup")
    dump_attributes(node, path or "/", lines)
    for name in by_bytes(node):
        dump(node[name], f"{path}/{name}", lines)
    return lines


def sample(code, count):
    """Values that tell byte orders and neighbours apart."""
    if code[0] == "f":
        values = np.array([1.5, -0.0, np.inf, 6e-8, -3.25, np.nan] * count)[:count]
        return values.astype(code)
    info = np.iinfo(code)
    return np.array(([info.min, info.max, 1, 100, 0, 2] * count)[:count], code)


def numbers(f):
    for order, name in (("<", "little"), (">", "big")):
        group = f.create_group(name)
        for code in NUMBERS:
            group[code] = sample(code, 6).reshape(2, 3).astype(order + code)
            group.attrs[code] = sample(code, 2).astype(order + code)
    f["bool"] = np.array([True, False, True])
    f["bfloat16"] = np.array([0x3F80, 0xC000], "<u2").view("V2")
    f["bfloat16"].attrs["dtype"] = "bfloat16"


def texts(f):
    f.attrs["list of bytes"] = [b"dense", b"", b"dense_10"]
    f.attrs["list of str"] = ["kernel", "größe", "層"]
    f.attrs["str"] = "tensorflow"
    f.attrs["bytes"] = b"3.15.1"
    f.attrs["fixed"] = np.array([b"a", b"bbb", b""])
    f.attrs["fixed scalar"] = np.bytes_("abc")
    f.attrs["empty list"] = []
    f.attrs["empty str"] = ""
    f.create_dataset("vlen", data=["a", "bb" * 40, ""], dtype=h5py.string_dtype())
    f.create_dataset("vlen chunked", data=[b"a", b"bb"], dtype=h5py.string_dtype("ascii"),
                     chunks=(1,))
    f.create_dataset("fixed", data=np.array([[b"a", b"b\0b"], [b"ccc", b""]]))
    f.create_dataset("fixed utf8", data="é".encode(), dtype=h5py.string_dtype("utf-8", 5))
    for pad, name in ((h5py.h5t.STR_NULLTERM, "null-terminated"),
                      (h5py.h5t.STR_SPACEPAD, "space-padded")):
        tid = h5py.h5t.C_S1.copy()
        tid.set_size(6)
        tid.set_strpad(pad)
        space = h5py.h5s.create_simple((2,))
        made = h5py.h5d.create(f.id, name.encode(), tid, space)
        raw = b"ab\0cd\0xyz\0\0\0" if pad == h5py.h5t.STR_NULLTERM else b"ab    c d   "
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.frombuffer(raw, "S6"), mtype=tid)


def shapes(f):
    f["scalar"] = np.float32(2.5)
    f["none"] = h5py.Empty("f4")
    f["zero"] = np.zeros((0, 3), "f4")
    f["zero inside"] = np.zeros((2, 0, 3), "i8")
    f["one"] = np.ones((1, 1, 1, 1), "f8")
    f.create_dataset("never written", shape=(3, 2), dtype="f4")
    f.create_dataset("filled", shape=(3,), dtype="i4", fillvalue=7)
    f.attrs["none"] = h5py.Empty("S1")
    f.attrs["zero"] = np.zeros((0,), "f8")
    f.attrs["scalar"] = np.int64(-5)
    f.create_group("größe/層/a b/%d[1]\\")
    f["größe"].attrs["ключ"] = 1
    for i in range(12):
        f[f"many/n_{i}"] = np.float32(i)


def storage(f):
    data = np.arange(120, dtype="f4").reshape(10, 12)
    f.create_dataset("chunked", data=data, chunks=(7, 12))
    f.create_dataset("gzip", data=data, chunks=(10, 5), compression="gzip", compression_opts=9)
    f.create_dataset("all", data=data, chunks=(6, 5), compression="gzip", shuffle=True,
                     fletcher32=True)
    f.create_dataset("checksum", data=data[:3], chunks=(3, 12), fletcher32=True)
    f.create_dataset("big gzip", data=data.astype(">f8"), compression="gzip", chunks=(10, 12))
    f.create_dataset("growing", data=data[0], chunks=(16,), maxshape=(None,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    made = h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((4,)), plist)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(4, dtype="f4"))


def latest(f):
    group = f.create_group("dense", track_order=True)
    for i in range(20):
        group.attrs[f"a{i}"] = f"text {i}"
        group[f"d{i}"] = np.int16(i)
    f.create_dataset("all", data=np.arange(64, dtype="f8").reshape(8, 8), chunks=(3, 8),
                     compression="gzip", shuffle=True)


def dense_links(f):
    for i in range(60):  # more than a leaf of the name index and a first block of the heap take
        f[f"größe {i} of many"] = np.int16(i)
    few = f.create_group("nine")
    for i in range(9):
        few[f"d{i}"] = np.int16(i)


GOOD = {
    "numbers": (numbers, {}),
    "texts": (texts, {}),
    "shapes": (shapes, {}),
    "storage": (storage, {}),
    "latest": (latest, {"libver": ("v110", "v110")}),
    "dense": (dense_links, {"libver": ("v108", "v108")}),
    "userblock": (lambda f: (f.attrs.__setitem__("names", [b"a", b"b"]),
                             f.__setitem__("g/x", np.arange(3, dtype="f4"))),
                  {"userblock_size": 512}),
}


def hard_link_cycle(f):
    f.create_group("a/b")
    f["a/b/up"] = f["a"]


def virtual(f):
    layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", shape=(3,))
    f.create_virtual_dataset("g/v", layout)


def over_declared(f):
    f.create_dataset("g/huge", shape=(1 << 20, 1 << 10), dtype="f4")


def bomb(f):
    f.create_dataset("g/bomb", shape=(1 << 30,), dtype="f4", chunks=(1 << 12,), compression="gzip")


def weights_for_the_library(f):
    """Keras 3 weights under a chunk index that only the HDF5 library reads."""
    f.create_group("vars")
    kept = f.create_group("layers/dense/vars")
    kept.create_dataset("0", data=np.arange(6, dtype="f4").reshape(3, 2), chunks=(2, 2))
    kept.create_dataset("1", data=np.arange(2, dtype="f4"), chunks=(1,))


REFUSED = {
    "soft_link": ("ForbiddenFeature", "/g/s",
                  lambda f: f.create_group("g").__setitem__("s", h5py.SoftLink("/x"))),
    "external_link": ("ForbiddenFeature", "/e",
                      lambda f: f.__setitem__("e", h5py.ExternalLink("other.h5", "/x"))),
    "hard_link_twice": ("ForbiddenFeature", "/y",
                        lambda f: (f.__setitem__("x", 1), f.__setitem__("y", f["x"]))),
    "hard_link_cycle": ("ForbiddenFeature", "/a/b/up", hard_link_cycle),
    "link_to_root": ("ForbiddenFeature", "/r", lambda f: f.__setitem__("r", f["/"])),
    "external_storage": ("ForbiddenFeature", "/x", lambda f: f.create_dataset(
        "x", shape=(4,), dtype="f4", external=[("elsewhere.bin", 0, 16)])),
    "virtual": ("ForbiddenFeature", "/g/v", virtual),
    "compound": ("ForbiddenFeature", "/c",
                 lambda f: f.__setitem__("c", np.zeros(2, [("a", "f4"), ("b", "i4")]))),
    "enum": ("ForbiddenFeature", "/e", lambda f: f.create_dataset(
        "e", data=[0, 1], dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="i1"))),
    "long_double": ("ForbiddenFeature", "/x", lambda f: f.__setitem__("x", np.longdouble(1))),
    "complex": ("ForbiddenFeature", "/@c", lambda f: f.attrs.__setitem__("c", 1j)),
    "reference": ("ForbiddenFeature", "/@r", lambda f: f.attrs.__setitem__("r", f["/"].ref)),
    "sequence": ("ForbiddenFeature", "/v", lambda f: f.create_dataset(
        "v", shape=(1,), dtype=h5py.vlen_dtype("f4"))),
    "named_type": ("ForbiddenFeature", "/t", lambda f: f.__setitem__("t", np.dtype("f4"))),
    "lzf": ("ForbiddenFeature", "/z", lambda f: f.create_dataset(
        "z", data=np.zeros(100, "f4"), compression="lzf")),
    "over_declared": ("LimitExceeded", "/g/huge", over_declared),
    "bomb": ("LimitExceeded", "/g/bomb", bomb),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dump", metavar="FILE", help="print the content of FILE as text")
    arguments = parser.parse_args()
    if arguments.dump:
        with h5py.File(arguments.dump, "r") as f:
            print("\n".join(dump(f)))
        return
    FOLDER.mkdir(exist_ok=True)
    for name, (fill, options) in GOOD.items():
        with h5py.File(FOLDER / f"{name}.h5", "w", **options) as f:
            fill(f)
        with h5py.File(FOLDER / f"{name}.h5", "r") as f:
            (FOLDER / f"{name}.txt").write_text("\n".join(dump(f)) + "\n", encoding="utf-8")
    with h5py.File(FOLDER / "library_only.weights.h5", "w", libver=("v110", "v110")) as f:
        weights_for_the_library(f)
    rows = []
    for name, (kind, place, fill) in REFUSED.items():
        with h5py.File(FOLDER / f"refused_{name}.h5", "w") as f:
            fill(f)
        rows.append(f"refused_{name}.h5\t{kind}\t{place}\n")
    (FOLDER / "refused.txt").write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
