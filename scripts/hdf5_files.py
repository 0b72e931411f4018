"""Writes small HDF5 files, each of which varies one thing that the format allows, and what a strict
reader of Keras files should say to each. Needs h5py. The same h5py writes the same bytes, but for
the times in track_times.* and those that HDF5 always stores: of superblock extensions, committed
types and virtual datasets.

    hdf5_files.py OUT             OUT: a new folder, or one of an earlier run
    hdf5_files.py OUT --large     more: 100,000 groups, 19 MB of names, a model_config of 200 KB

OUT/expected.tsv has a line per file: name; accept, refuse or either; a word that says why.
"either" stands where a file misleads nobody, but is beyond what the reader must know.
"""

import argparse
import pathlib
import random
import shutil

import h5py
import numpy as np
from h5py import h5a, h5f, h5o, h5p

import hdf5_values
from hdf5_case import COMPACT_MAX, LIBVERS, NOISE, Files, dense, group, is_new, low, setting, small


def names_of(count, kind):
    rng = random.Random(f"{count}/{kind}")
    if kind == "random":
        return [f"{rng.getrandbits(64):x}"[:rng.randint(6, 16)] + f"_{i}" for i in range(count)]
    if kind == "long":
        return [f"{i:04}" + "n" * rng.randint(250, 300) for i in range(count)]
    if kind == "utf8":
        return [f"größe 層 {i}%d[1]\\" for i in range(count)]
    names = [f"dense_{i:04}" for i in range(count)]
    return names[::-1] if kind == "reversed" else names


def children(files):
    for libver in LIBVERS:
        for count in (0, 1, 8, 9, 10, 45, 46, 100, 1000):
            # A link that is marked as UTF-8 makes an old group a new one.
            for kind in ("random", "sorted", "reversed", "long", "utf8")[:5 if count else 1]:
                with files.new(f"children-{count}-{kind}", libver=libver) as f:
                    for name in names_of(count, kind):
                        group(f, name)
        for kind in ("random", "utf8"):  # h5py marks the names of groups only
            with files.new(f"children-datasets-{kind}", libver=libver) as f:
                for name in names_of(12, kind):
                    small(f, name)
        for count in (7, 12):
            with files.new(f"children-{count}-and-utf8", libver=libver) as f:
                for name in names_of(count, "random"):
                    group(f, name)
                group(f, "größe")
        with files.new("children-9-then-4", libver=libver) as f:
            for name in names_of(9, "sorted"):
                group(f, name)
            for name in names_of(9, "sorted")[4:]:
                del f[name]
        for kept in (0, 1, 5):  # holes in the heap and in its index
            with files.new(f"children-300-then-{kept}", libver=libver) as f:
                for name in names_of(300, "long"):
                    group(f, name)
                for name in names_of(300, "long")[kept:]:
                    del f[name]
        with files.new("children-every-third-gone", libver=libver) as f:
            for name in names_of(500, "random"):
                group(f, name)
            for name in list(f)[::3]:
                del f[name]
            group(f, "late")
        with files.new("children-renamed", libver=libver) as f:
            for name in names_of(60, "sorted"):
                group(f, name)
            for name in names_of(60, "sorted")[::2]:
                f.move(name, name * 5)
        with files.new("children-12-phase-32", libver=libver) as f:
            inner = group(f, "g", setting("link_phase_change", 32, 16))
            for name in names_of(12, "random"):
                group(inner, name)
        with files.new("children-heap-hint", libver=libver) as f:
            group(group(f, "g", setting("local_heap_size_hint", 4096)), "inner")
        with files.new("children-estimated", libver=libver) as f:
            group(group(f, "g", setting("est_link_info", 2, 100)), "inner")
    with files.new("children-name-70000") as f:
        small(f, "n" * 70_000)
    for name, says in (("n" * 4000, "accept"), ("n" * 5000, "refuse dense-huge")):
        with files.new(f"children-dense-name-{len(name)}", says, "v108") as f:
            for other in names_of(20, "sorted"):
                small(f, other)
            small(f, name)
    with files.new("children-heap-of-tables", libver="v108") as f:
        for name in names_of(4000, "long"):
            small(f, name)


def nesting(files):
    for libver in LIBVERS:
        for depth in (1, 8, 60, 70):
            says = "refuse depth" if depth > 64 else "accept"
            with files.new(f"nesting-{depth}", says, libver) as f:
                node = f
                for i in range(depth - 1):
                    node = group(node, f"g{i}")
                small(node)


def removed(files):
    """Free blocks in the heap of names, freed headers, header messages without a use."""
    def half(f):
        for name in names_of(8, "random")[::2]:
            del f[name]

    for libver in LIBVERS:
        with files.new("removed", libver=libver) as f:
            for name in names_of(8, "random"):
                small(f, name)
            half(f)
        with files.new("removed-all", libver=libver) as f:
            for name in names_of(8, "long"):
                group(f, name)
            for name in list(f):
                del f[name]
        with files.new("removed-then-shorter", libver=libver) as f:
            for name in names_of(8, "long"):
                group(f, name)
            for name in names_of(8, "long")[2:]:
                del f[name]
            for name in names_of(4, "sorted"):
                small(f, name)
        with files.new("removed-then-longer", libver=libver) as f:
            for name in names_of(8, "random"):
                small(f, name)
            half(f)
            for name in names_of(4, "long"):
                group(f, name)
        with files.new("removed-data-then-more", libver=libver) as f:
            f["big"] = np.zeros(5000)
            del f["big"]
            f["a"], f["b"] = np.ones(100), np.ones(5000)
        with files.new("copied", libver=libver) as f:
            small(group(group(f, "a"), "b")).attrs["names"] = ["kernel", "bias"]
            f.copy("a", "c")
        with files.new("moved", libver=libver) as f:
            small(group(f, "a"))
            group(f, "b")
            f.move("a/x", "b/y")
        with files.new("removed-on-opening", libver=libver) as f:
            for name in names_of(8, "random"):
                small(f, name)
        with files.again(libver) as f:
            half(f)


def removed_many(files):
    """More than a node of the B-tree holds: nodes and symbol tables that were emptied."""
    for count, kept in ((100, 1), (1000, 10), (1000, 500), (1000, 0)):
        with files.new(f"removed-{count}-to-{kept}") as f:
            names = names_of(count, "random")
            for name in names:
                group(f, name)
            for name in names[kept:]:
                del f[name]


def opened_again(files):
    for first in LIBVERS:
        for second in ("earliest", "v108", "latest"):
            for layout in ("contiguous", "chunked"):
                # Before HDF5 2.0 a file of superblock 3 is opened as if its lower bound were v110.
                raised = low(first) in ("v110", "latest") and (
                    h5py.version.hdf5_version_tuple < (2, 0, 0))
                says = "accept"
                if layout == "chunked" and (second == "latest" or raised):
                    says = "refuse layout-4"
                with files.new(f"again-{second}-{layout}", says, first) as f:
                    small(group(f, "a"))
                with files.again(first, with_bounds=second) as f:
                    small(group(f["a"], "inner"))
                    f["a"].attrs["late"] = "text"
                    f["a/x"].attrs["late"] = [1, 2]
                    chunks = (1, 2) if layout == "chunked" else None
                    f["a"].create_dataset("y", data=np.ones((2, 3)), chunks=chunks)


def attributes(files):
    for libver in LIBVERS:
        for count in (1, 7, 8, 9, 50):
            for where in ("root", "group", "dataset"):
                with files.new(f"attributes-{where}-{count}", dense(libver, count), libver) as f:
                    node = f if where == "root" else (
                        group(f, "g") if where == "group" else small(f))
                    for i in range(count):
                        node.attrs[f"a{i}"] = [np.float32(i), f"text {i}", [i, i, i]][i % 3]
        for size in (1000, 60_000, 65_000):
            with files.new(f"attributes-of-{size}-bytes", libver=libver) as f:
                f.attrs["before"], f.attrs["x"], f.attrs["after"] = 1, np.resize(NOISE, size), 2
        with files.new("attributes-300000-bytes", libver=libver) as f:
            for i in range(5):
                f.attrs[f"a{i}"] = np.resize(NOISE, 60_000)
        with files.new("attributes-9-then-4", libver=libver) as f:
            for i in range(9):
                f.attrs[f"a{i}"] = i
            for i in range(4, 9):
                del f.attrs[f"a{i}"]
        with files.new("attributes-12-phase-32", libver=libver) as f:
            node = group(f, "g", lambda plist: plist.set_attr_phase_change(32, 16))
            for i in range(COMPACT_MAX + 4):
                node.attrs[f"a{i}"] = i
        with files.new("attributes-written-again", libver=libver) as f:
            for size in (1, 100, 3, 1000, 10):
                f.attrs["x"], f.attrs["y"] = np.arange(size), np.arange(3 * size)
            f.attrs.modify("x", np.arange(10))
            h5a.rename(f.id, b"y", b"another name")
        with files.new("attributes-names", libver=libver) as f:
            for name in ("größe", "a/b", " ", ".", "n" * 3000):
                f.attrs[name] = 1
    with files.new("attributes-70000-bytes", "refuse dense", "latest") as f:
        f.attrs["x"] = np.resize(NOISE, 70_000)


def links(files):
    for libver in LIBVERS:
        with files.new("link-hard-twice", "refuse hard-link", libver) as f:
            f["y"] = small(f)
        with files.new("link-hard-group", "refuse hard-link", libver) as f:
            small(group(group(f, "a"), "b"))
            f["c"] = f["a/b"]
        with files.new("link-hard-cycle", "refuse hard-link", libver) as f:
            first = group(f, "a")
            group(first, "b")["up"] = first
        with files.new("link-hard-root", "refuse hard-link", libver) as f:
            f["r"] = f["/"]
        with files.new("link-hard-once-again", libver=libver) as f:
            f["y"] = small(f)
            del f["x"]
        with files.new("link-soft", "refuse soft-link", libver) as f:
            small(f)
            f["s"] = h5py.SoftLink("/x")
        with files.new("link-soft-nowhere", "refuse soft-link", libver) as f:
            f["s"] = h5py.SoftLink("/nowhere/at/all")
        with files.new("link-soft-removed", libver=libver) as f:
            f["s"] = h5py.SoftLink("/x")
            del f["s"]
        with files.new("link-external", "refuse external-link", libver) as f:
            f["e"] = h5py.ExternalLink("other.h5", "/x")


def orders(files):
    def link_order(plist):
        plist.set_link_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)

    def attribute_order(plist):
        plist.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)

    for libver in LIBVERS:
        for count in (0, 3, 9):
            for what, prepare in (("links", link_order), ("attributes", attribute_order)):
                with files.new(f"track_order-{what}-{count}", "refuse track_order", libver) as f:
                    made = group(f, "g", prepare)
                    for i in range(count):
                        made.attrs[f"a{i}"] = i
                        group(made, f"g{i}")
        with files.new("track_order-root", "refuse track_order", libver, link_order) as f:
            small(f)
        with files.new("track_order-dataset", "refuse track_order", libver) as f:
            f.create_dataset("x", data=[1.5], track_order=True).attrs["a"] = 1


def objects(files):
    """What is no group, no plain dataset, or says more than one."""
    for libver in LIBVERS:
        with files.new("track_times", libver=libver) as f:
            f.create_dataset("x", data=[1.5], track_times=True)
            f.create_group("g").attrs["a"] = 1
        with files.new("comment", "either comment", libver) as f:
            h5o.set_comment(small(f).id, b"of a dataset")
            h5o.set_comment(group(f, "g").id, b"of a group")
        with files.new("committed", "refuse committed", libver) as f:
            f["t"] = np.dtype("f4")
        with files.new("committed-used", "refuse committed", libver) as f:
            f["t"] = np.dtype("f4")
            f.create_dataset("x", data=[1.5], dtype=f["t"])
        with files.new("committed-used-by-attribute", "refuse committed", libver) as f:
            f["t"] = np.dtype("f4")
            f.attrs.create("a", [1.5], dtype=f["t"])
        with files.new("virtual", "refuse virtual", libver) as f:
            layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
            layout[:] = h5py.VirtualSource("elsewhere.h5", "x", shape=(3,))
            f.create_virtual_dataset("v", layout)
        with files.new("external-storage", "refuse external-storage", libver) as f:
            f.create_dataset("x", shape=(4,), dtype="f4", external=[("elsewhere.bin", 0, 16)])
        with files.new("scale", libver=libver) as f:
            small(f).make_scale("height")
        with files.new("scale-attached", "refuse compound", libver) as f:
            small(f).make_scale("height")
            small(f, "y").dims[0].attach_scale(f["x"])
        with files.new("empty-file", libver=libver):
            pass


def whole_files(files):
    for libver in LIBVERS:
        for size in (512, 1024, 8192):
            with files.new(f"userblock-{size}", libver=libver,
                           creation=lambda plist, n=size: plist.set_userblock(n)) as f:
                small(group(f, "g")).attrs["names"] = [b"kernel", b"bias"]
            with open(files.folder / files.rows[-1][0], "r+b") as raw:
                raw.write(b"of the user's\n" * (size // 14))
        for strategy in ("FSM_AGGR", "PAGE", "AGGR", "NONE"):
            for persist in (False, True)[:1 if strategy in ("AGGR", "NONE") else 2]:
                number = getattr(h5f, "FSPACE_STRATEGY_" + strategy)
                usual = strategy == "FSM_AGGR" and not persist
                with files.new(f"space-{strategy.lower()}{'-persist' * persist}",
                               "accept" if usual else "refuse superblock-extension", libver,
                               lambda plist, n=number, p=persist:
                               plist.set_file_space_strategy(n, p, 1)) as f:
                    small(f)
                    small(f, "y")
                    del f["x"]
        for name, numbers in {"tiny": (1, 1), "small": (2, 2), "large": (300, 100)}.items():
            says = "refuse superblock-extension" if is_new(libver) else "accept"
            with files.new(f"symbol-k-{name}", says, libver, setting("sym_k", *numbers)) as f:
                for one in names_of(60, "random"):
                    group(f, one)
        says = "refuse superblock-extension" if is_new(libver) else "either superblock-1"
        for k in (1, 4, 300):
            with files.new(f"chunk-k-{k}", says, libver, setting("istore_k", k)) as f:
                f.create_dataset("x", data=np.arange(60.0), chunks=(2,))
        with files.new("shared-messages", "refuse superblock-extension", libver,
                       setting("shared_mesg_nindexes", 1)) as f:
            small(f)
        for sizes in ((4, 4), (8, 4), (4, 8), (2, 2)):
            with files.new("sizes-{}-{}".format(*sizes), "refuse address-size", libver,
                           lambda plist, n=sizes: plist.set_sizes(*n)) as f:
                small(group(f, "g")).attrs["a"] = [1, 2]
        for name, access in {
                "meta-block-64": lambda plist: plist.set_meta_block_size(64),
                "meta-block-65536": lambda plist: plist.set_meta_block_size(65536),
                "alignment-4096": lambda plist: plist.set_alignment(1, 4096),
                "driver-core": lambda plist: plist.set_fapl_core(1 << 16, True),
                "driver-stdio": lambda plist: plist.set_fapl_stdio()}.items():
            with files.new(name, libver=libver, access=access) as f:
                small(group(f, "g")).attrs["names"] = [b"kernel", b"bias"]
    with files.new("swmr", "refuse layout-4", "latest") as f:
        f.create_dataset("x", data=np.arange(8.0), chunks=(2,), maxshape=(None,))
        f.swmr_mode = True


def large(files):
    with files.new("large-groups-100000") as f:
        for name in names_of(100_000, "random"):
            group(f, name)
    with files.new("large-names-300") as f:
        f.attrs["layer_names"] = [f"layer_{i}" for i in range(300)]
        for i in range(300):
            names = [f"layer_{i}/{'k' * 480}_{j:04}".encode() for j in range(129)]
            group(f, f"layer_{i}").attrs["weight_names"] = np.array(names, "S500")
    with files.new("large-model-config") as f:
        f.attrs["model_config"] = '{"class_name": "Dense", "config": {}}, ' * 5200


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    if (arguments.out / "expected.tsv").exists():
        shutil.rmtree(arguments.out)
    arguments.out.mkdir(parents=True)
    files = Files(arguments.out)
    for write in (children, nesting, removed, removed_many, opened_again, attributes, links, orders,
                  objects, whole_files):
        write(files)
    hdf5_values.write_all(files)
    if arguments.large:
        large(files)
    files.write_expected()


if __name__ == "__main__":
    main()
