"""The part of hdf5_files.py about values: storage, filters, types, texts, shapes."""

import itertools

import h5py
import numpy as np
from h5py import h5a, h5d, h5p, h5s, h5t, h5z

from hdf5_case import LIBVERS, NOISE, group, low, setting, small

TABLE = np.arange(120, dtype="f4").reshape(10, 12)
CUBE = np.arange(120, dtype="i2").reshape(4, 5, 6)
NUMBERS = ["i1", "u1"] + [order + code for order in "<>" for code in
                          ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8")]
TEXTS = ["kernel", "", "größe", "層" * 40, "a"]
VLEN = {"ascii": h5py.string_dtype("ascii"), "utf8": h5py.string_dtype("utf-8")}


def chunked(libver, otherwise="accept"):
    """h5py asks for no index but the newest once the file may be new."""
    return "refuse layout-4" if low(libver) in ("v110", "latest") else otherwise


def dataset(parent, name, values, tid=None, prepare=None, shape=None, write=True):
    """A dataset by HDF5's own means, so that `prepare` can set anything in its property list."""
    values = np.asarray(values)
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    if prepare:
        prepare(plist)
    shape = values.shape if shape is None else shape
    space = h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
    memory = None if values.dtype.kind == "O" else tid
    tid = tid or h5t.py_create(values.dtype, logical=True)
    made = h5d.create(parent.id, name.encode(), tid, space, plist)
    if write:
        made.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(values), mtype=memory)
    return h5py.Dataset(made)


def attribute(node, name, tid, shape, raw):
    """An attribute of any type, its elements given as they stand in memory."""
    space = h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
    made = h5a.create(node.id, name.encode(), tid, space)
    made.write(raw, mtype=None if raw.dtype.kind == "O" else tid)


def compact(plist):
    plist.set_layout(h5d.COMPACT)


def layouts(files):
    for libver in LIBVERS:
        with files.new("layout-contiguous", libver=libver) as f:
            f["x"] = TABLE
        with files.new("layout-compact", libver=libver) as f:
            dataset(f, "x", TABLE, prepare=compact)
        with files.new("layout-compact-64000", libver=libver) as f:
            dataset(f, "x", np.arange(8000.0), prepare=compact)
        with files.new("layout-chunked", chunked(libver), libver) as f:
            f.create_dataset("x", data=TABLE, chunks=(3, 5))
        with files.new("layout-chunked-all-in-one", chunked(libver), libver) as f:
            f.create_dataset("x", data=TABLE, chunks=TABLE.shape)
        with files.new("layout-chunked-growing", chunked(libver), libver) as f:
            f.create_dataset("x", data=TABLE, chunks=(3, 5), maxshape=(None, 12))
            f.create_dataset("y", data=TABLE, chunks=(3, 5), maxshape=(None, None))


def filters(files):
    for libver in ("earliest", "v108", "latest"):
        for level, shuffle, sums in itertools.product((None, 0, 1, 9), (0, 1), (0, 1)):
            words = ["plain" if level is None else f"deflate-{level}"]
            words += ["shuffle"] * shuffle + ["fletcher32"] * sums
            with files.new("filter-" + "-".join(words), chunked(libver), libver) as f:
                for code in ("f4", "i2", "u1", ">f8"):
                    f.create_dataset(code, data=TABLE.astype(code), chunks=(4, 5),
                                     compression=level, shuffle=bool(shuffle),
                                     fletcher32=bool(sums))
                f.create_dataset("odd", data=NOISE[:77], chunks=(7,), compression=level,
                                 shuffle=bool(shuffle), fletcher32=bool(sums))
    refused = {"lzf": {"compression": "lzf"}, "scaleoffset": {"scaleoffset": 2},
               "lzf-shuffle": {"compression": "lzf", "shuffle": True}}
    if h5z.filter_avail(h5z.FILTER_SZIP):
        refused["szip"] = {"compression": "szip"}
    for name, options in refused.items():
        for code in ("i4", "f4"):
            with files.new(f"filter-{name}-{code}", "refuse " + name.split("-")[0]) as f:
                f.create_dataset("x", data=TABLE.astype(code), chunks=(5, 12), **options)
    with files.new("filter-lzf-on-noise", "refuse lzf") as f:
        f.create_dataset("x", data=NOISE, chunks=(512,), compression="lzf")
    with files.new("filter-nbit", "refuse nbit") as f:
        dataset(f, "x", TABLE, prepare=lambda p: (p.set_chunk((5, 12)), setting("nbit")(p)))
    with files.new("filter-unknown-optional", "refuse filter") as f:
        dataset(f, "x", TABLE, prepare=lambda p: (
            p.set_chunk((5, 12)), p.set_filter(399, h5z.FLAG_OPTIONAL, (1, 2))))
    steps = {"deflate": lambda p: p.set_deflate(6), "shuffle": lambda p: p.set_shuffle(),
             "fletcher32": lambda p: p.set_fletcher32()}
    for order in itertools.permutations(steps):
        with files.new("filter-order-" + "-".join(order)) as f:
            dataset(f, "x", TABLE, prepare=lambda p, order=order: (
                p.set_chunk((4, 5)), [steps[step](p) for step in order]))
    with files.new("filter-deflate-twice", "either filter-twice") as f:
        dataset(f, "x", TABLE, prepare=lambda p: (
            p.set_chunk((5, 12)), p.set_filter(h5z.FILTER_DEFLATE, 0, (6,)),
            p.set_filter(h5z.FILTER_DEFLATE, 0, (6,))))
    for level in (0, 1, 9):
        with files.new(f"filter-deflate-{level}-on-noise") as f:
            for size in (1, 2, 7, 512):
                f.create_dataset(f"x{size}", data=NOISE[:1024], chunks=(size,), compression="gzip",
                                 compression_opts=level)
    for mask in (1, 2, 3):
        with files.new(f"filter-mask-{mask}") as f:  # bit 0: no shuffle, bit 1: no deflate
            f.create_dataset("x", shape=(8,), dtype="u2", chunks=(4,), compression="gzip",
                             shuffle=True)
            f["x"][4:] = [5, 6, 7, 8]
            compressed = f["x"].id.read_direct_chunk((4,))[1]
            raw = np.array([1, 2, 3, 4], "<u2").tobytes()
            f["x"].id.write_direct_chunk((0,), compressed if mask == 1 else raw, mask)


def chunk_shapes(files):
    cases = [(TABLE, c) for c in ((10, 12), (5, 4), (7, 5), (1, 1), (1, 12), (10, 1), (16, 16))]
    cases += [(CUBE, c) for c in ((2, 5, 3), (3, 2, 4), (1, 1, 1), (4, 5, 6), (8, 8, 8))]
    cases += [(TABLE[0], c) for c in ((1,), (3,), (12,), (16,))]
    cases += [(np.arange(256, dtype="u1").reshape((2,) * 8), (1, 2) * 4)]
    cases += [(np.arange(10_000, dtype="i4").reshape(100, 100), (1, 1)),
              (np.arange(4096, dtype="i4"), (1,))]
    for (data, chunks), libver in itertools.product(cases, ("earliest", "v108", "latest")):
        shape = f"{'x'.join(map(str, data.shape))}-by-{'x'.join(map(str, chunks))}"
        with files.new(f"chunk-{shape}", chunked(libver), libver) as f:
            room = tuple(max(pair) for pair in zip(data.shape, chunks))
            f.create_dataset("plain", data=data, chunks=chunks, maxshape=room)
            f.create_dataset("gzip", data=data, chunks=chunks, maxshape=room, compression="gzip",
                             shuffle=True)


def unwritten(files):
    times = {"early": h5d.ALLOC_TIME_EARLY, "late": h5d.ALLOC_TIME_LATE,
             "incremental": h5d.ALLOC_TIME_INCR}
    fills = {"never": h5d.FILL_TIME_NEVER, "alloc": h5d.FILL_TIME_ALLOC,
             "ifset": h5d.FILL_TIME_IFSET}
    kinds = {"contiguous": ("early", "late"), "chunked": times, "compact": ("early",)}
    for libver, (kind, allowed) in itertools.product(("earliest", "v108", "latest"), kinds.items()):
        for when, fill, value in itertools.product(allowed, fills, (None, 7)):
            def prepare(plist):
                if kind == "chunked":
                    plist.set_chunk((2, 2))
                if kind == "compact":
                    compact(plist)
                plist.set_alloc_time(times[when])
                plist.set_fill_time(fills[fill])
                if value is not None:
                    plist.set_fill_value(np.array(value, "f4"))
            says = chunked(libver) if kind == "chunked" else "accept"
            if fill == "never" and when != "early" and says == "accept":
                says = "refuse never-written"  # the library hands out whatever is in its memory
            name = f"unwritten-{kind}-{when}-{fill}{'' if value is None else '-filled'}"
            with files.new(name, says, libver) as f:
                dataset(f, "x", np.zeros((3, 5), "f4"), prepare=prepare, write=False)
                part = dataset(f, "part", np.zeros((3, 5), "f4"), prepare=prepare, write=False)
                part[1, 2:4] = 5
    for code in NUMBERS:
        with files.new(f"fill-{code.replace('<', 'le-').replace('>', 'be-')}") as f:
            for name, chunks in (("contiguous", None), ("chunked", (2,))):
                f.create_dataset(name, shape=(5,), dtype=code, fillvalue=77, chunks=chunks)
            f["chunked"][3] = 1
    with files.new("fill-others") as f:
        f.create_dataset("bool", shape=(3,), dtype="?", fillvalue=True)
        f.create_dataset("nan", shape=(3,), dtype="f4", fillvalue=np.nan)
        f.create_dataset("text", shape=(3,), dtype="S4", fillvalue=b"ab")
        f.create_dataset("opaque", shape=(3,), dtype="V2", fillvalue=np.void(b"\x80\x3f"))
        f.create_dataset("scalar", shape=(), dtype="f8", fillvalue=2.5)
    with files.new("fill-vlen-text", "either fill-vlen") as f:
        f.create_dataset("x", shape=(3,), dtype=VLEN["utf8"], fillvalue="größe")
    with files.new("fill-undefined", "either fill-undefined") as f:  # a null pointer
        dataset(f, "x", np.zeros(3, "f4"), prepare=setting("fill_value", 0, 0), write=False)


def resized(files):
    shapes = {"grown": [(9, 9)], "shrunk": [(2, 3)], "shrunk-then-grown": [(2, 3), (9, 9)],
              "emptied": [(0, 5)], "emptied-then-grown": [(0, 0), (4, 9)]}
    for libver, (name, steps) in itertools.product(("earliest", "v108", "latest"), shapes.items()):
        for fill in (None, 3):
            says = chunked(libver)
            with files.new(f"resized-{name}{'' if fill is None else '-filled'}", says, libver) as f:
                for kind, options in (("plain", {}), ("gzip", {"compression": "gzip"})):
                    made = f.create_dataset(kind, data=TABLE[:4, :5], chunks=(3, 2),
                                            maxshape=(None, 20), fillvalue=fill, **options)
                    for step in steps:
                        made.resize(step)
    with files.new("resized-on-opening") as f:
        f.create_dataset("x", data=TABLE, chunks=(3, 5), maxshape=(None, 12), compression="gzip")
    with files.again() as f:
        f["x"].resize((40, 12))
        f["x"][30:] = TABLE


def numbers(files):
    for code, libver in itertools.product(NUMBERS, LIBVERS):
        if np.dtype(code).kind == "f":
            values = np.array([1.5, -0.0, np.inf, 6e-8, -3.25, np.nan], code)
        else:
            info = np.iinfo(code)
            values = np.array([info.min, info.max, 1, 100, 0, 2], code)
        with files.new(f"type-{code.replace('<', 'le-').replace('>', 'be-')}", libver=libver) as f:
            f["x"], f["scalar"] = values.reshape(2, 3), values[0]
            f.attrs["x"], f.attrs["scalar"] = values.reshape(2, 3), values[0]
            dataset(f, "compact", values, prepare=compact)


def other_types(files):
    for libver in LIBVERS:
        # From HDF5 1.12 on an enumeration has version 4 where the file may be that new.
        says = "either datatype-4" if libver == "latest" else "accept"
        with files.new("type-bool", says, libver) as f:
            f["x"], f["scalar"] = np.array([[True, False, True]]), np.True_
            f.attrs["x"], f.attrs["scalar"] = np.array([True, False]), False
        with files.new("type-bfloat16", libver=libver) as f:
            f["x"] = np.array([[0x3F80, 0xC000]], "<u2").view("V2")
            f["x"].attrs["dtype"] = "bfloat16"
            f["scalar"] = np.void(b"\x80\x3f")
        with files.new("type-opaque", libver=libver) as f:
            for size, tag in ((1, b""), (3, b"tag"), (7, b"a tag of 8"), (300, b"t" * 255)):
                tid = h5t.create(h5t.OPAQUE, size)
                tid.set_tag(tag)
                dataset(f, f"x{size}", NOISE[:2 * size].view(f"V{size}"), tid)
                attribute(f, f"x{size}", tid, (2,), NOISE[:2 * size].view(f"V{size}"))
    for libver in ("earliest", "latest"):
        for name, (reason, tid) in refused_types().items():
            with files.new(f"type-{name}", reason, libver) as f:
                dataset(f, "x", [], tid, shape=(2,), write=False)
            with files.new(f"type-{name}-attribute", reason, libver) as f:
                h5a.create(f.id, b"x", tid, h5s.create_simple((2,)))
    for libver in ("earliest", "latest"):
        with files.new("type-reference-written", "refuse reference", libver) as f:
            small(f)
            f.attrs["object"] = f["x"].ref
            f.attrs["region"] = f["x"].regionref[0, 1:]
        with files.new("type-vlen-sequence-written", "refuse vlen-sequence", libver) as f:
            f.create_dataset("x", shape=(2,), dtype=h5py.vlen_dtype("f4"))[0] = [1, 2, 3]
        with files.new("type-compound-written", "refuse compound", libver) as f:
            f["x"] = np.zeros(2, [("a", "f4"), ("b", "i4")])


def refused_types():
    def integer(base, precision, offset=0):
        tid = base.copy()
        tid.set_precision(precision)
        tid.set_offset(offset)
        return tid

    def enum(base, members):
        tid = h5t.enum_create(base)
        for name, value in members:
            tid.enum_insert(name, value)
        return tid

    def floating(fields, bias, size):
        tid = h5t.IEEE_F32LE.copy()
        tid.set_fields(*fields)
        tid.set_ebias(bias)
        tid.set_precision(8 * size)
        tid.set_size(size)
        return tid

    bool_members = [(b"FALSE", 0), (b"TRUE", 1)]
    return {
        "int-12-bits": ("refuse int-layout", integer(h5t.STD_I16LE, 12)),
        "int-12-bits-shifted": ("refuse int-layout", integer(h5t.STD_U16BE, 12, 4)),
        "long-double": ("refuse float-layout", h5t.NATIVE_LDOUBLE),
        "bfloat16-number": ("either float-layout", floating((15, 7, 8, 0, 7), 127, 2)),
        "float8": ("refuse float-layout", floating((7, 3, 4, 0, 3), 7, 1)),
        "float-other-bias": ("refuse float-layout", floating((31, 23, 8, 0, 23), 100, 4)),
        "bitfield": ("refuse bitfield", h5t.STD_B8LE),
        "time": ("refuse time", h5t.UNIX_D32LE),
        "reference": ("refuse reference", h5t.STD_REF_OBJ),
        "reference-region": ("refuse reference", h5t.STD_REF_DSETREG),
        "enum-three": ("refuse enum", enum(h5t.STD_I8LE, bool_members + [(b"MAYBE", 2)])),
        "enum-one": ("refuse enum", enum(h5t.STD_I8LE, bool_members[1:])),
        "enum-other-names": ("refuse enum", enum(h5t.STD_I8LE, [(b"NO", 0), (b"YES", 1)])),
        "enum-swapped": ("refuse enum", enum(h5t.STD_I8LE, [(b"FALSE", 1), (b"TRUE", 0)])),
        "enum-unsigned": ("refuse enum", enum(h5t.STD_U8LE, bool_members)),
        "enum-wide": ("refuse enum", enum(h5t.STD_I16LE, bool_members)),
        "array": ("refuse array", h5t.array_create(h5t.IEEE_F32LE, (2, 3))),
        "vlen-sequence": ("refuse vlen-sequence", h5t.vlen_create(h5t.IEEE_F32LE)),
        "vlen-of-text": ("refuse vlen-sequence", h5t.vlen_create(h5t.C_S1.copy())),
        "compound": ("refuse compound", h5t.py_create(np.dtype([("a", "f4"), ("b", "S3")]))),
        "complex": ("refuse compound", h5t.py_create(np.dtype([("r", "f4"), ("i", "f4")]))),
    }


def text_type(size, pad, charset):
    tid = h5t.C_S1.copy()
    tid.set_size(size)
    tid.set_strpad(pad)
    tid.set_cset(charset)
    return tid


def texts(files):
    pads = {"terminated": (h5t.STR_NULLTERM, b"\0"), "nulls": (h5t.STR_NULLPAD, b"\0"),
            "spaces": (h5t.STR_SPACEPAD, b" ")}
    sets = {"ascii": h5t.CSET_ASCII, "utf8": h5t.CSET_UTF8}
    words = {"ascii": [b"kernel", b"", b"a b"], "utf8": ["größe".encode(), "層".encode(), b""]}
    for libver, (pad, (code, filler)), charset in itertools.product(LIBVERS, pads.items(), sets):
        with files.new(f"text-fixed-{pad}-{charset}", libver=libver) as f:
            for size in (1, 7, 8, 300, 70_000):
                tid = text_type(size, code, sets[charset])
                room = size - (pad == "terminated")
                padded = [word[:room].ljust(room, filler) for word in words[charset]]
                raw = np.array([word.ljust(size, b"\0") for word in padded], f"V{size}")
                raw = raw.view(f"S{size}")
                node = group(f, str(size))
                dataset(node, "x", raw, tid)
                dataset(node, "scalar", raw[:1].reshape(()), tid)
                if size <= 300:
                    attribute(node, "x", tid, (3,), raw)
                    attribute(node, "scalar", tid, (), raw[:1].reshape(()))
        with files.new(f"text-vlen-{pad}-{charset}", libver=libver) as f:
            tid = text_type(h5t.VARIABLE, code, sets[charset])
            raw = np.array([word.decode() for word in words[charset]], VLEN["utf8"])
            dataset(f, "x", raw, tid)
            attribute(f, "x", tid, (3,), raw)
    for libver in LIBVERS:
        with files.new("text-vlen-attributes", libver=libver) as f:
            for name, value in {"scalar": "tensorflow", "bytes": b"3.15.1", "empty": "",
                                "list": [b"dense", b"", b"dense_10"], "list of str": TEXTS,
                                "long": "n" * 70_000, "none": np.array([], VLEN["utf8"])}.items():
                f.attrs[name] = value
        with files.new("text-vlen-datasets", libver=libver) as f:
            f.create_dataset("scalar", data="größe")
            f.create_dataset("list", data=TEXTS, dtype=VLEN["utf8"])
            f.create_dataset("none", shape=(0,), dtype=VLEN["ascii"])
            f.create_dataset("long", data=["n" * 70_000, "m" * 70_000], dtype=VLEN["ascii"])
            f.create_dataset("never written", shape=(3,), dtype=VLEN["ascii"])
        with files.new("text-vlen-chunked", chunked(libver), libver) as f:
            f.create_dataset("x", data=TEXTS, dtype=VLEN["utf8"], chunks=(2,), compression="gzip")
            f.create_dataset("part", shape=(9,), dtype=VLEN["utf8"], chunks=(2,))[4] = "here"
        with files.new("text-vlen-2000", libver=libver) as f:
            f.create_dataset("x", data=[f"text {i}" * (i % 9) for i in range(2000)],
                             dtype=VLEN["utf8"])
        with files.new("text-vlen-written-again", libver=libver) as f:
            for i in range(40):
                f.attrs["a"] = ["text" * ((7 * i) % 40), "b" * i]
                f.attrs["removed"] = "r" * i
            del f.attrs["removed"]
        with files.new("text-empty-arrays", libver=libver) as f:
            f.attrs["floats"] = []
            f.attrs["fixed"] = np.array([], "S5")
            f["fixed"] = np.array([], "S5")


def shapes(files):
    for libver in LIBVERS:
        with files.new("space-null", libver=libver) as f:
            f["x"], f.attrs["x"] = h5py.Empty("f4"), h5py.Empty("S1")
        for shape in ((0,), (0, 3), (2, 0, 3)):
            with files.new("space-" + "x".join(map(str, shape)), libver=libver) as f:
                f["x"], f.attrs["x"] = np.zeros(shape, "f4"), np.zeros(shape, "f4")
                dataset(f, "compact", np.zeros(shape, "f4"), prepare=compact)
        for rank in range(9):
            data = np.arange(2 ** rank, dtype="f4").reshape((2,) * rank)
            with files.new(f"space-rank-{rank}", libver=libver) as f:
                f["x"], f.attrs["x"] = data, data
            if rank > 0:
                with files.new(f"space-rank-{rank}-chunked", chunked(libver), libver) as f:
                    f.create_dataset("x", data=data, chunks=(1,) * rank)
        with files.new("space-0-chunked", chunked(libver), libver) as f:
            f.create_dataset("x", shape=(0, 3), dtype="f4", maxshape=(None, 3), chunks=(2, 3))


def write_all(files):
    for write in (layouts, filters, chunk_shapes, unwritten, resized, numbers, other_types, texts,
                  shapes):
        write(files)
