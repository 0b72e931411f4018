"""Parts of HDF5 files, put together by hand: sound unless told otherwise.

A File places blocks one behind the other and knows each by a name, so that a case can say
file.set("node.used", 9). The checksums of its blocks are reckoned after that, when it is finished.
Fields and their order: HDF5 File Format Specification, version 3.
"""

import struct

UNDEFINED = 2**64 - 1
SIGNATURE = b"\x89HDF\r\n\x1a\n"
MASK = 2**32 - 1

# Message types.
DATASPACE, LINK_INFO, DATATYPE, OLD_FILL, FILL, LINK = 1, 2, 3, 4, 5, 6
EXTERNAL, LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION, SYMBOLS = 7, 8, 11, 12, 16, 17
ATTRIBUTE_INFO = 21

# Fields of blocks: offset and struct format.
FIELDS = {
    "superblock0": {
        "version": (8, "B"), "free_version": (9, "B"), "addresses": (13, "B"), "lengths": (14, "B"),
        "leaf_k": (16, "H"), "group_k": (18, "H"), "flags": (20, "I"),
        "base": (24, "Q"), "free_space": (32, "Q"), "end": (40, "Q"), "driver": (48, "Q"),
        "root": (64, "Q"), "root_kind": (72, "I"), "root_btree": (80, "Q"), "root_heap": (88, "Q")},
    "superblock1": {
        "chunk_k": (24, "H"), "base": (28, "Q"), "end": (44, "Q"), "root": (68, "Q"),
        "root_kind": (76, "I")},
    "superblock2": {
        "version": (8, "B"), "addresses": (9, "B"), "lengths": (10, "B"), "flags": (11, "B"),
        "base": (12, "Q"), "extension": (20, "Q"), "end": (28, "Q"), "root": (36, "Q")},
    "header1": {"version": (0, "B"), "count": (2, "H"), "size": (8, "I")},
    "header2": {"signature": (0, "4s"), "version": (4, "B"), "flags": (5, "B"), "size": (6, "B")},
    "chunk_of_header": {"signature": (0, "4s")},
    "btree": {
        "signature": (0, "4s"), "type": (4, "B"), "level": (5, "B"), "used": (6, "H"),
        "left": (8, "Q"), "right": (16, "Q"), "key": (24, "Q"), "child": (32, "Q"),
        "next_key": (40, "Q")},
    "node": {
        "signature": (0, "4s"), "version": (4, "B"), "used": (6, "H"), "name": (8, "Q"),
        "header": (16, "Q"), "kind": (24, "I"), "btree": (32, "Q"), "heap": (40, "Q"),
        "name2": (48, "Q")},
    "heap": {
        "signature": (0, "4s"), "version": (4, "B"), "size": (8, "Q"), "free": (16, "Q"),
        "data": (24, "Q")},
    "names": {},
    "texts": {
        "signature": (0, "4s"), "version": (4, "B"), "size": (8, "Q"), "index": (16, "H"),
        "text_size": (24, "Q")},
    "fractal": {
        "signature": (0, "4s"), "version": (4, "B"), "id_bytes": (5, "H"), "flags": (9, "B"),
        "space": (46, "Q"), "objects": (70, "Q"), "huge": (86, "Q"), "tiny": (102, "Q"),
        "root": (132, "Q"), "rows": (140, "H")},
    "block": {"signature": (0, "4s"), "heap": (5, "Q"), "at": (13, "I")},
    "table": {"signature": (0, "4s"), "heap": (5, "Q"), "entry": (17, "Q"), "entry2": (25, "Q")},
    "index": {
        "signature": (0, "4s"), "type": (5, "B"), "node_bytes": (6, "I"), "depth": (12, "H"),
        "root": (16, "Q"), "root_records": (24, "H"), "records": (26, "Q")},
    "leaf": {
        "signature": (0, "4s"), "hash": (6, "I"), "kind": (10, "B"), "at": (11, "I"),
        "size": (15, "H"), "hash2": (17, "I"), "at2": (22, "I"), "size2": (26, "H")},
}


def lookup3(data):
    """Bob Jenkins's hash, the checksum of HDF5's metadata."""

    def rotated(x, k):
        return (x << k | x >> (32 - k)) & MASK

    a = b = c = (0xDEADBEEF + len(data)) & MASK
    while True:
        last = len(data) <= 12
        words = struct.unpack("<3I", data[:12].ljust(12, b"\0"))
        a, b, c = (a + words[0]) & MASK, (b + words[1]) & MASK, (c + words[2]) & MASK
        if last:
            break
        for k in (4, 6, 8, 16, 19, 4):
            a = ((a - c) ^ rotated(c, k)) & MASK
            c = (c + b) & MASK
            a, b, c = b, c, a  # each round does to the next what the last one did to a
        data = data[12:]
    for k in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - rotated(b, k)) & MASK
        a, b, c = b, c, a
    return b  # the last c: every round hands the names on by one


class File:
    def __init__(self, head):
        self.data = bytearray(head)
        self.at = {}  # address by name
        self.kind = {}  # key of FIELDS by name
        self.sums = {}  # begin, end and place of a checksum by name
        self.ending = b""

    def reserve(self, name, kind, size):
        self.data += bytes(-len(self.data) % 8)
        self.at[name], self.kind[name] = len(self.data), kind
        self.data += bytes(size)
        return self.at[name]

    def place(self, name, kind, block, summed=False):
        """Its address. `summed`: a checksum of all that is before it ends the block."""
        at = self.reserve(name, kind, len(block))
        self.data[at:at + len(block)] = block
        if summed:
            self.sums[name] = (at, at + len(block) - 4, at + len(block) - 4)
        return at

    def set(self, field, value):
        """`field`: name of a block, dot, field; or the name alone, and `value` (offset, bytes)."""
        name, _, part = field.partition(".")
        if not part:
            begin = self.at[name] + value[0]
            self.data[begin:begin + len(value[1])] = value[1]
            return
        offset, code = FIELDS[self.kind[name]][part]
        struct.pack_into("<" + code, self.data, self.at[name] + offset, value)

    def finished(self, wrong_sum=None, cut=None):
        """`wrong_sum`: the block whose checksum is not to be right. `cut`: bytes to keep."""
        for name, (begin, end, at) in self.sums.items():
            self.data[at:at + 4] = bytes(4)
            value = lookup3(bytes(self.data[begin:end])) ^ (1 if name == wrong_sum else 0)
            struct.pack_into("<I", self.data, at, value)
        return bytes(self.data[:cut]) + self.ending


# Messages: (type, data, flags).


def message(kind, data=b"", flags=0):
    return kind, data, flags


def number(size=4, bits=0x08, precision=None, version=1, first_bit=0, kind=0):
    """An integer type."""
    precision = 8 * size if precision is None else precision
    return (struct.pack("<BHBI", version << 4 | kind, bits, 0, size) +
            struct.pack("<HH", first_bit, precision))


def floating(size=4, exponent=8, mantissa=23, bits=0x20, bias=127):
    return (struct.pack("<BBBBI", 0x11, bits, 8 * size - 1, 0, size) +
            struct.pack("<HHBBBBI", 0, 8 * size, mantissa, exponent, 0, mantissa, bias))


def plain_type(kind, bits=0, size=4, version=1, rest=b""):
    return struct.pack("<BI", version << 4 | kind, bits)[:4] + struct.pack("<I", size) + rest


def boolean(version=3, names=(b"FALSE", b"TRUE"), values=b"\0\1", base=None, **head):
    unit = 1 if version == 3 else 8
    text = b"".join(n + bytes(1 + -(len(n) + 1) % unit) for n in names)
    base = number(1) if base is None else base
    return plain_type(8, **{"bits": 2, "size": 1, "version": version, **head},
                      rest=base + text + values)


def text(bits=0x101, size=16, base=None):
    """A text of variable length."""
    return plain_type(9, bits, size, rest=number(1, bits=0) if base is None else base)


def space(*shape, version=2, flags=0, kind=None, maxima=()):
    kind = (1 if shape else 0) if kind is None else kind
    head = struct.pack("<4B", version, len(shape), flags, kind if version == 2 else 0)
    return (head + bytes(4 if version == 1 else 0) +
            struct.pack(f"<{len(shape) + len(maxima)}Q", *shape, *maxima))


def contiguous(address, size, version=3):
    return struct.pack("<BBQQ", version, 1, address, size)


def compact(values):
    return struct.pack("<BBH", 3, 0, len(values)) + values


def chunked(address, *sizes, version=3):
    return struct.pack(f"<BBBQ{len(sizes)}I", version, 2, len(sizes), address, *sizes)


def filters(*steps, version=2, count=None):
    """Steps: filter and its values."""
    data = struct.pack("<BB", version, len(steps) if count is None else count)
    data += bytes(6 if version == 1 else 0)
    for step, *values in steps:
        data += struct.pack("<H", step) + (bytes(2) if version == 1 else b"")
        data += struct.pack(f"<HH{len(values)}I", 0, len(values), *values)
        data += bytes(4 if version == 1 and len(values) % 2 else 0)
    return data


def fill(version=3, flags=0x0A, value=None, defined=1, time=2):
    """Version 3 has flags; older ones a byte for each."""
    stored = b"" if value is None else struct.pack("<I", len(value)) + value
    if version == 3:
        return bytes([3, flags]) + stored
    return bytes([version, 2, time, defined]) + stored


def attribute(name=b"a\0", kind=None, shape=None, values=bytes(4), version=3, flags=0, charset=0):
    kind, shape = number() if kind is None else kind, space() if shape is None else shape
    data = struct.pack("<BBHHH", version, flags, len(name), len(kind), len(shape))
    data += bytes([charset]) if version == 3 else b""
    for part in (name, kind, shape):
        data += part + bytes(-len(part) % 8 if version == 1 else 0)
    return data + values


def link(name, target=UNDEFINED, kind=0, version=1, flags=None, charset=None, to=b"\1\0x"):
    flags = ((8 if kind else 0) | (16 if charset is not None else 0)) if flags is None else flags
    data = bytes([version, flags]) + (bytes([kind]) if kind else b"")
    data += bytes([charset]) if charset is not None else b""
    data += bytes([len(name)]) + name
    return data + (struct.pack("<Q", target) if kind == 0 else to)


def link_info(heap=UNDEFINED, names=UNDEFINED, version=0, flags=0):
    return struct.pack("<BBQQ", version, flags, heap, names)


def symbols(btree, heap):
    return struct.pack("<QQ", btree, heap)


def reference(length, heap, index):
    return struct.pack("<IQI", length, heap, index)


# Blocks.


def header1(messages):
    body = b""
    for kind, data, flags in messages:
        data += bytes(-len(data) % 8)
        body += struct.pack("<HHB3x", kind, len(data), flags) + data
    return struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body


def messages2(messages):
    return b"".join(struct.pack("<BHB", kind, len(data), flags) + data
                    for kind, data, flags in messages)


def header2(messages, flags=0, size=None):
    body = messages2(messages)
    size = len(body) if size is None else size
    flags |= 1 if size > 255 else 0  # two bytes for the size
    extra = (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    head = b"OHDR" + bytes([2, flags]) + bytes(extra)
    return head + size.to_bytes(1 << (flags & 3), "little") + body + bytes(4)


def btree(kind, level, keys, children, capacity, left=UNDEFINED, right=UNDEFINED):
    """Keys are bytes, one more than children."""
    data = b"TREE" + struct.pack("<BBHQQ", kind, level, len(children), left, right)
    for key, child in zip(keys, children):
        data += key + struct.pack("<Q", child)
    data += keys[-1]
    return data + bytes(24 + capacity * (8 + len(keys[0])) + len(keys[0]) - len(data))


def symbol_node(entries, capacity=8):
    """Entries: offset of the name, header, kind, two addresses."""
    data = b"SNOD" + struct.pack("<BBH", 1, 0, len(entries))
    data += b"".join(struct.pack("<QQIIQQ", name, header, kind, 0, first, second)
                     for name, header, kind, first, second in entries)
    return data + bytes(8 + 40 * capacity - len(data))


def texts(*values, size=4096, free=None):
    """A global heap; its values have the numbers 1, 2, ..."""
    data = b"GCOL\1\0\0\0" + struct.pack("<Q", size)
    for i, value in enumerate(values):
        data += struct.pack("<HHIQ", i + 1, 0, 0, len(value)) + value + bytes(-len(value) % 8)
    if size - len(data) >= 16:
        data += struct.pack("<QQ", 0, size - len(data) if free is None else free)
    return data + bytes(size - len(data))


def superblock0(version=0, chunk_k=32):
    data = SIGNATURE + bytes([version, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
    data += struct.pack("<HH", chunk_k, 0) if version == 1 else b""
    return data + struct.pack("<QQQQ", 0, UNDEFINED, 0, UNDEFINED) + bytes(40)


def superblock2(version=2):
    return SIGNATURE + bytes([version, 8, 8, 0]) + struct.pack("<QQQQI", 0, UNDEFINED, 0, 0, 0)
