"""Small whole HDF5 files out of h5_parts: the sound ones that make_reader_corpus.py breaks."""

import struct

from h5_parts import *


def data(*extra, kind=None, shape=None, layout=None, filled=None):
    """A dataset as a function that places its blocks in a file and returns its messages."""


    def messages(f):
        where = layout(f) if callable(layout) else layout or compact(bytes(4))
        return [message(DATASPACE, space() if shape is None else shape),
                message(DATATYPE, number() if kind is None else kind),
                message(FILL, fill() if filled is None else filled), message(LAYOUT, where), *extra]

    return messages


def stored(values=bytes(4)):
    """A contiguous layout."""
    return lambda f: contiguous(f.place("values", "names", values), len(values))


def chunks(*starts, stored_bytes, sizes=(2,), element=4, left_out=0, k=32):
    """A chunked layout over a B-tree of one node: a chunk at each start."""

    def layout(f):
        rank = len(sizes)
        keys, addresses = [], []
        for i, start in enumerate(starts):
            addresses.append(f.place(f"chunk{i}", "names", stored_bytes))
            at = start if isinstance(start, tuple) else (start,)
            keys.append(struct.pack(f"<II{rank + 1}Q", len(stored_bytes), left_out, *at, 0))
        end = (2**32,) + (0,) * rank
        keys.append(struct.pack(f"<II{rank + 1}Q", 0, 0, *end))
        f.place("btree", "btree", btree(1, 0, keys, addresses, 2 * k))
        return chunked(f.at["btree"], *sizes, element)

    return layout


def closed(f, root):
    f.set("superblock.root", root)
    f.set("superblock.end", len(f.data))
    return f


def new_file(dataset=None, extra=(), info=None, version=2, flags=0, more=(), root_flags=0):
    """Headers of version 2: the root, with a dataset "d", `more` links and `extra` messages."""
    f = File(superblock2(version))
    f.at["superblock"], f.kind["superblock"] = 0, "superblock2"
    f.sums["superblock"] = (0, 44, 44)
    d = f.place("d", "header2", header2((dataset or data())(f), flags), True)
    messages = [message(LINK_INFO, link_info() if info is None else info),
                message(LINK, link(b"d", d)), *(message(LINK, one) for one in more), *extra]
    return closed(f, f.place("root", "header2", header2(messages, root_flags), True))


def nested_file(depth):
    """Groups in groups."""
    f = File(superblock2())
    f.at["superblock"], f.kind["superblock"] = 0, "superblock2"
    f.sums["superblock"] = (0, 44, 44)
    inner = None
    for i in range(depth + 1):
        links = [] if inner is None else [message(LINK, link(b"g", inner))]
        inner = f.place(f"group{i}", "header2",
                        header2([message(LINK_INFO, link_info()), *links]), True)
    return closed(f, inner)


def old_file(dataset=None, extra=(), version=0, names=(b"d",), kinds=(0,), free=None, symbol=None):
    """Headers of version 1 and a symbol table; every name leads to a dataset of its own."""
    f = File(superblock0(version))
    f.at["superblock"], f.kind["superblock"] = 0, f"superblock{version}"
    messages = (dataset or data())
    headers = [f.place("d" if i == 0 else f"d{i}", "header1", header1(messages(f)))
               for i in range(len(names))]
    text, offsets = bytes(8), []
    for name in names:
        offsets.append(len(text))
        text += name + bytes(8 - len(name) % 8)
    free_at = len(text)
    text += struct.pack("<QQ", 1, 16) if free is None else free
    entries = [(offset, header, kind, 0, 0)
               for offset, header, kind in zip(offsets, headers, list(kinds) + [0] * len(names))]
    place_symbols(f, text, free_at, entries, offsets[-1])
    message_of = symbols(f.at["btree"], f.at["heap"]) if symbol is None else symbol
    f.place("root", "header1", header1([message(SYMBOLS, message_of), *extra]))
    f.set("superblock.root", f.at["root"])
    if version == 0:
        f.set("superblock.root_kind", 1)
        f.set("superblock.root_btree", f.at["btree"])
        f.set("superblock.root_heap", f.at["heap"])
    return closed(f, f.at["root"])


def place_symbols(f, text, free_at, entries, last):
    f.place("names", "names", text)
    f.place("heap", "heap", b"HEAP" + struct.pack("<IQQQ", 0, len(text), free_at, f.at["names"]))
    f.place("node", "node", symbol_node(entries))
    keys = [struct.pack("<Q", 0), struct.pack("<Q", last)]
    f.place("btree", "btree", btree(0, 0, keys, [f.at["node"]], 32))


def tree_file():
    """A symbol table of two nodes in two leaves under a root of level 1."""
    f = File(superblock0())
    f.at["superblock"], f.kind["superblock"] = 0, "superblock0"
    headers = [f.place(f"d{i}", "header1", header1(data()(f))) for i in range(2)]
    text = bytes(8) + b"a".ljust(8, b"\0") + b"b".ljust(8, b"\0")
    place_symbols(f, text + struct.pack("<QQ", 1, 16), 24, [(8, headers[0], 0, 0, 0)], 8)
    f.place("node2", "node", symbol_node([(16, headers[1], 0, 0, 0)]))
    key = [struct.pack("<Q", n) for n in (0, 8, 16)]
    f.place("leaf2", "btree", btree(0, 0, key[1:], [f.at["node2"]], 32, left=f.at["btree"]))
    f.set("btree.right", f.at["leaf2"])
    f.place("top", "btree", btree(0, 1, key, [f.at["btree"], f.at["leaf2"]], 32))
    f.place("root", "header1", header1([message(SYMBOLS, symbols(f.at["top"], f.at["heap"]))]))
    return closed(f, f.at["root"])


def continued_file(new=True, signature=b"OCHK", size=None):
    """A dataset whose layout stands in a continuation of its header."""

    def dataset(f):
        messages = data()(f)
        if new:
            block = signature + messages2(messages[3:]) + bytes(4)
            f.place("more", "chunk_of_header", block, True)
        else:
            block = header1(messages[3:])[16:]
            f.place("more", "names", block)
        place = struct.pack("<QQ", f.at["more"], len(block) if size is None else size)
        return [*messages[:3], message(CONTINUATION, place)]

    if new:
        return new_file(dataset)
    f = old_file(dataset)
    f.set("d.count", 5)  # those of the continuation too
    return f


# Links in dense storage: a fractal heap of links and a B-tree of version 2 by their names.

BLOCK_HEAD, BLOCK_BYTES = 21, 512


def fractal(space_bytes, objects, root, rows):
    head = b"FRHP" + struct.pack("<BHHBI", 0, 7, 0, 2, 4096)
    head += struct.pack("<12Q", 0, UNDEFINED, 0, UNDEFINED, space_bytes, space_bytes, 0, objects,
                        0, 0, 0, 0)
    head += struct.pack("<HQQHHQH", 4, 512, 65536, 32, 1, root, rows)
    return head + bytes(4)


def dense_file(names, rows=0, depth=0, outer=False, kinds=(), extra=()):
    """Links to datasets under `names`. `rows`: of the heap's table, none with one block; `outer`:
    the links stand in a table of the table. `depth`: of the index."""
    f = File(superblock2())
    f.at["superblock"], f.kind["superblock"] = 0, "superblock2"
    f.sums["superblock"] = (0, 44, 44)
    f.reserve("fractal", "fractal", 146)
    f.sums["fractal"] = (f.at["fractal"], f.at["fractal"] + 142, f.at["fractal"] + 142)
    records, used = [], BLOCK_HEAD
    start = 524288 if outer else 0
    block = b"FHDB" + struct.pack("<BQI", 0, f.at["fractal"], start) + bytes(4)
    for i, name in enumerate(names):
        kind = kinds[i] if i < len(kinds) else 0
        header = UNDEFINED if kind else f.place(f"d{i}", "header2", header2(data()(f)), True)
        one = link(name, header, kind)
        records.append((lookup3(name), len(block) + start, len(one)))
        block += one
    at = f.place("block", "block", block.ljust(BLOCK_BYTES, b"\0"))
    f.sums["block"] = (at, at + BLOCK_BYTES, at + 17)
    root = at
    if outer:
        root = place_table(f, "inner", 7, start, [at])
    if rows:
        root = place_table(f, "table", rows, 0, [UNDEFINED] * 36 + [root] if outer else [root])
    size = 2**20 if outer else 2048 if rows else 512
    f.set("fractal", (0, fractal(size, len(names), root, rows)))
    place_index(f, sorted(records), depth)
    info = link_info(f.at["fractal"], f.at["index"])
    return closed(f, f.place("root", "header2", header2([message(LINK_INFO, info), *extra]), True))


def place_table(f, name, rows, start, children):
    children = children + [UNDEFINED] * (4 * rows - len(children))
    head = b"FHIB" + struct.pack("<BQI", 0, f.at["fractal"], start)
    return f.place(name, "table", head + struct.pack(f"<{len(children)}Q", *children) + bytes(4),
                   True)


def place_index(f, records, depth):
    def stored_as(some):
        return b"".join(struct.pack("<IBIH", hashed, 0, at, size) for hashed, at, size in some)

    def leaf(some):
        block = b"BTLF\0\5" + stored_as(some) + bytes(4)
        name = "leaf" if "leaf" not in f.at else f"leaf{len(f.at)}"
        at = f.place(name, "leaf", block, True)
        f.data += bytes(512 - len(block))
        return at, len(some), len(some)

    def inner(some, level):
        """A node of one record between two halves."""
        middle = len(some) // 2
        below = [inner(half, level - 1) if level > 1 else leaf(half)
                 for half in (some[:middle], some[middle + 1:])]
        block = b"BTIN\0\5" + stored_as(some[middle:middle + 1])
        for at, count, total in below:
            block += struct.pack("<QB", at, count)
            block += struct.pack("<H", total) if level > 1 else b""
        block += bytes(4)
        at = f.place("inner_node" if level == depth else f"node{len(f.at)}", "leaf", block, True)
        f.data += bytes(512 - len(block))
        return at, 1, len(some)

    root, count, total = inner(records, depth) if depth else leaf(records)
    head = b"BTHD" + struct.pack("<BBIHHBBQHQ", 0, 5, 512, 11, depth, 100, 40, root, count, total)
    f.place("index", "index", head + bytes(4), True)
