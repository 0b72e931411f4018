"""Types, shapes, attributes, layouts, chunks, texts: what make_reader_corpus.py writes of them."""

import zlib

from h5_files import *
from reader_cases_tree import ACCEPTED, DAMAGED, FORBIDDEN, LIMIT

VLEN = text()


def typed(kind, size=4, **more):
    return new_file(data(kind=kind, layout=compact(bytes(size)), **more))


def types(case):
    for size in (1, 2, 4, 8):
        for bits, name in ((0, "unsigned"), (9, "big_endian")):
            case(f"type_{name}_{size}", ACCEPTED, "", typed(number(size, bits), size))
    case("type_float16", ACCEPTED, "", typed(floating(2, 5, 10, bias=15), 2))
    case("type_bfloat16", ACCEPTED, "", typed(floating(2, 8, 7), 2))
    case("type_float32_big_endian", ACCEPTED, "", typed(floating(bits=0x21)))
    case("type_float64", ACCEPTED, "", typed(floating(8, 11, 52, bias=1023), 8))
    case("type_integer_of_3_bytes", FORBIDDEN, "integers of an unusual layout", typed(number(3), 3))
    case("type_integer_of_7_bits", FORBIDDEN, "integers of an unusual layout",
         typed(number(1, precision=7), 1))
    case("type_float_of_another_bias", FORBIDDEN, "floating-point numbers of an unusual layout",
         typed(floating(bias=126)))
    case("type_version_4", FORBIDDEN, "an element type of version 4", typed(number(version=4)))
    for kind, word in ((2, "values of the time type"), (4, "a bit field"), (6, "a compound type"),
                       (7, "references"), (10, "an array type"), (11, "an unknown type class")):
        case(f"type_class_{kind}", FORBIDDEN, word, typed(plain_type(kind)))
    case("type_cut_short", DAMAGED, "an element type that is cut short", typed(b"\x10\0\0"))
    case("type_opaque_cut_short", DAMAGED, "an element type that is cut short",
         typed(plain_type(5, 8)))
    for padding in (0, 1, 2):
        case(f"type_text_padding_{padding}", ACCEPTED, "", typed(plain_type(3, padding)))
    case("type_text_of_unknown_padding", FORBIDDEN, "text of unknown padding",
         typed(plain_type(3, 3)))
    case("type_text_of_unknown_character_set", FORBIDDEN, "text of unknown padding or character",
         typed(plain_type(3, 0x20)))
    case("type_text_of_no_bytes", DAMAGED, "text of no bytes", typed(plain_type(3, size=0), 0))
    tag = plain_type(5, 8, rest=b"tag".ljust(8, b"\0"))
    case("type_opaque", ACCEPTED, "", typed(tag))
    case("type_opaque_with_flags", FORBIDDEN, "opaque bytes of an unusual layout",
         typed(plain_type(5, 0x108, rest=bytes(8))))
    case("type_opaque_of_no_bytes", DAMAGED, "opaque elements of no bytes",
         typed(plain_type(5, size=0), 0))


def enumerations(case):
    case("bool_version_1", ACCEPTED, "", typed(boolean(version=1), 1))
    case("bool_version_3", ACCEPTED, "", typed(boolean(), 1))
    other = "an enumeration other than h5py's bool"
    case("enum_of_three", FORBIDDEN, other, typed(boolean(bits=3), 1))
    case("enum_of_two_bytes", FORBIDDEN, other, typed(boolean(base=number(2)), 1))
    case("enum_of_unusual_integers", FORBIDDEN, other, typed(boolean(base=number(1, 8, 7)), 1))
    case("enum_of_other_names", FORBIDDEN, other, typed(boolean(names=(b"FALSE", b"FRUE")), 1))
    case("enum_of_other_values", FORBIDDEN, other, typed(boolean(values=b"\1\0"), 1))
    case("bool_that_is_2", DAMAGED, "a bool that is neither FALSE nor TRUE",
         new_file(data(kind=boolean(), layout=compact(b"\2"))))


def texts_of(case):
    def stored_text(*values, length=5, index=1, references=None, fields=(), heap=None, **more):
        def layout(f):
            made = (texts(b"hello", **more) if heap is None else heap)
            at = f.place("texts", "texts", made)
            stored_as = references(at) if references else reference(length, at, index)
            return compact(stored_as)

        shape = space() if references is None else space(2)
        return new_file(data(kind=VLEN, shape=shape, layout=layout)), *fields

    def text_case(name, outcome, words, **how):
        case("text_" + name, outcome, words, *stored_text(**how))

    text_case("of_a_heap", ACCEPTED, "")
    text_case("of_no_bytes", ACCEPTED, "", length=0)
    text_case("with_an_end", ACCEPTED, "", heap=texts(b"he\0lo"))
    text_case("reference_outside_the_file", DAMAGED, "a heap of texts of 16 bytes",
              references=lambda at: reference(5, 1 << 40, 1) * 2)
    text_case("heap_without_signature", DAMAGED, "no heap of texts where one is due",
              fields=[("texts.signature", b"GCOX")])
    text_case("heap_too_small", DAMAGED, "a heap of texts of a wrong size",
              fields=[("texts.size", 64)])
    text_case("heap_longer_than_the_file", DAMAGED, "a heap of texts of 1048576 bytes",
              fields=[("texts.size", 1 << 20)])
    text_case("free_space_of_a_wrong_size", DAMAGED, "free space of a wrong size", free=0)
    text_case("larger_than_its_heap", DAMAGED, "a text larger than its heap",
              fields=[("texts.text_size", 1 << 20)])
    text_case("whose_padding_leaves_its_heap", DAMAGED, "a text larger than its heap",
              heap=texts(bytes(4064)) + bytes(5), fields=[("texts.size", 4101),
                                                          ("texts.text_size", 4069)])
    text_case("twice_of_one_number", DAMAGED, "two texts of one number in a heap",
              heap=texts(b"hello", b"world"), fields=[("texts", (40, b"\1"))])
    text_case("that_its_heap_does_not_have", DAMAGED, "a text that its heap does not have", index=9)
    text_case("two_references", DAMAGED, "two references to one text",
              references=lambda at: reference(5, at, 1) * 2)
    text_case("of_another_length", DAMAGED, "a text of another length than its reference", length=4)
    text_case("two_of_one_heap", ACCEPTED, "", heap=texts(b"hello", b"world"),
              references=lambda at: reference(5, at, 1) + reference(5, at, 2))
    case("text_of_sequences", FORBIDDEN, "sequences of variable length", typed(text(bits=0), 16))
    case("text_of_unknown_character_set", FORBIDDEN, "text of unknown padding or character set",
         typed(text(bits=0x201), 16))
    case("text_with_references_of_8_bytes", DAMAGED, "with references of 8 bytes",
         typed(text(size=8), 8))
    case("text_of_wide_characters", DAMAGED, "text of characters other than bytes",
         typed(text(base=number(2)), 16))
    case("text_of_floats", DAMAGED, "text of characters other than bytes",
         typed(text(base=plain_type(1, size=1)), 16))
    case("text_of_7_bits", FORBIDDEN, "integers of an unusual layout",
         typed(text(base=number(1, 8, 7)), 16))
    case("text_of_texts", ACCEPTED, "", typed(text(base=plain_type(3, size=1)), 16))
    case("text_of_texts_of_unknown_padding", FORBIDDEN, "text of unknown padding",
         typed(text(base=plain_type(3, 5, size=1)), 16))


def shapes(case):
    four = compact(bytes(16))
    case("shape_version_1", ACCEPTED, "", new_file(data(shape=space(4, version=1), layout=four)))
    case("shape_with_maxima", ACCEPTED, "",
         new_file(data(shape=space(4, flags=1, maxima=(9,)), layout=four)))
    case("shape_null", ACCEPTED, "", new_file(data(shape=space(kind=2), layout=compact(b""))))
    case("shape_version_3", FORBIDDEN, "a shape of version 3",
         new_file(data(shape=space(version=3))))
    case("shape_rank_33", DAMAGED, "a shape of rank 33", new_file(data(shape=space(*[1] * 33))))
    case("shape_permuted", FORBIDDEN, "permuted dimensions", new_file(data(shape=space(flags=2))))
    case("shape_of_unknown_kind", DAMAGED, "a shape of an unknown kind",
         new_file(data(shape=space(kind=3))))
    case("shape_over_its_maximum", DAMAGED, "a dimension over its own maximum",
         new_file(data(shape=space(4, flags=1, maxima=(3,)), layout=four)))
    case("shape_cut_short", DAMAGED, "a shape that is cut short",
         new_file(data(shape=space(4)[:8], layout=four)))
    case("shape_of_too_many_elements", LIMIT, "more elements than any file holds",
         new_file(data(shape=space(1 << 40, 1 << 40), layout=four)))
    case("dataset_without_a_type", DAMAGED, "a dataset without type, shape or layout",
         new_file(lambda f: [message(DATASPACE, space())]))
    case("dataset_with_external_values", FORBIDDEN, "with its values in another file",
         new_file(data(message(EXTERNAL, bytes(16)))))


def attributes(case):
    def put(case_name, outcome, words, *values, **parts):
        extra = [message(ATTRIBUTE, value) for value in values or [attribute(**parts)]]
        case("attribute_" + case_name, outcome, words, new_file(extra=extra))

    for version in (1, 2, 3):
        put(f"version_{version}", ACCEPTED, "", version=version)
    put("of_unknown_version", FORBIDDEN, "an attribute of version 4", version=4)
    put("of_a_stored_type", FORBIDDEN, "an attribute whose type is stored elsewhere", flags=1)
    put("of_unknown_character_set", FORBIDDEN, "an attribute's name of an unknown", charset=2)
    put("name_of_a_wrong_length", DAMAGED, "an attribute's name of a wrong length", name=b"a\0b\0")
    put("without_a_name", DAMAGED, "an attribute without a name", name=b"")
    put("cut_short", DAMAGED, "an attribute without a name, or cut short", attribute()[:14])
    put("of_a_type_cut_short", DAMAGED, "an element type that is cut short", kind=b"\x10\0\0")
    put("of_a_shape_cut_short", DAMAGED, "a shape that is cut short", shape=space(4)[:8])
    put("of_too_many_bytes", LIMIT, "bytes in one attribute", shape=space(1 << 30))
    put("without_its_values", DAMAGED, "an attribute without all of its values", values=b"")
    put("of_a_wrong_text", DAMAGED, "a heap of texts", kind=VLEN,
        values=reference(5, 1 << 40, 1))
    put("twice", DAMAGED, "two attributes have one name", attribute(), attribute())
    case("attribute_info", ACCEPTED, "", new_file(extra=[message(ATTRIBUTE_INFO, link_info())]))
    case("attribute_info_of_version_1", FORBIDDEN, "group information of an unknown version",
         new_file(extra=[message(ATTRIBUTE_INFO, link_info(version=1))]))
    case("attribute_info_dense", FORBIDDEN, "attributes in dense storage",
         new_file(extra=[message(ATTRIBUTE_INFO, link_info(48, 48))]))
    case("attribute_of_a_dataset_of_version_4", FORBIDDEN, "an attribute of version 4",
         new_file(data(message(ATTRIBUTE, attribute(version=4)))))


def layouts(case):
    four = compact(bytes(4))
    nothing = dict(filled=fill(flags=0x12), layout=contiguous(UNDEFINED, 4))
    seven = b"\7\0\0\0"
    case("layout_contiguous", ACCEPTED, "", new_file(data(layout=stored())))
    case("layout_never_written", ACCEPTED, "", new_file(data(layout=contiguous(UNDEFINED, 4))))
    case("layout_never_written_but_filled", ACCEPTED, "",
         new_file(data(layout=contiguous(UNDEFINED, 4), filled=fill(flags=0x2A, value=seven))))
    case("layout_never_written_nothing_to_fill_in", DAMAGED, "values that were never written",
         new_file(data(**nothing)))
    case("layout_never_written_and_huge", LIMIT, "bytes can hold",
         new_file(data(shape=space(1 << 20), layout=contiguous(UNDEFINED, 1 << 22))))
    case("layout_version_2", FORBIDDEN, "a layout of version 2",
         new_file(data(layout=contiguous(UNDEFINED, 4, version=2))))
    case("layout_virtual", FORBIDDEN, "a virtual dataset",
         new_file(data(layout=b"\4\3" + bytes(12))))
    case("layout_of_unknown_kind", FORBIDDEN, "a layout of an unknown kind",
         new_file(data(layout=b"\3\7" + bytes(16))))
    case("layout_cut_short", DAMAGED, "a layout that is cut short",
         new_file(data(layout=four[:6])))
    case("layout_of_another_size", DAMAGED, "values of 8 bytes, and the shape needs 4",
         new_file(data(layout=compact(bytes(8)))))
    case("layout_outside_the_file", DAMAGED, "the values of a dataset of 4 bytes",
         new_file(data(layout=contiguous(1 << 40, 4))))
    case("layout_over_the_superblock", DAMAGED, "two blocks of the file lie over each other",
         new_file(data(layout=over_the_superblock)))
    case("layout_over_most_of_the_file", DAMAGED, "lies over other blocks of the file",
         new_file(data(shape=space(25), layout=contiguous(0, 100))))
    case("filters_without_chunks", DAMAGED, "filters on values that are not in chunks",
         new_file(data(message(FILTERS, filters((1, 4))))))
    for version in (1, 2):
        case(f"fill_version_{version}", ACCEPTED, "",
             new_file(data(filled=fill(version, value=seven))))
    case("fill_version_1_undefined", ACCEPTED, "",
         new_file(data(filled=fill(1, value=b"", defined=0))))
    case("fill_old_message", ACCEPTED, "",
         new_file(without_fill(message(OLD_FILL, b"\4\0\0\0" + seven))))
    case("fill_no_message", ACCEPTED, "", new_file(without_fill()))
    case("fill_version_4", FORBIDDEN, "a fill value of version 4", new_file(data(filled=b"\4\0")))
    case("fill_flags", DAMAGED, "a fill value with unknown flags",
         new_file(data(filled=fill(flags=0x80))))
    case("fill_cut_short", DAMAGED, "a fill value that is cut short",
         new_file(data(filled=b"\3\x20\4\0\0\0\7")))
    case("fill_old_message_cut_short", DAMAGED, "a fill value that is cut short",
         new_file(without_fill(message(OLD_FILL, b"\4\0"))))
    case("fill_of_another_size", DAMAGED, "a fill value of another size than the elements",
         new_file(data(filled=fill(flags=0x2A, value=bytes(8)))))


def over_the_superblock(f):
    f.place("unused", "names", bytes(64))  # or the file would be too small for all its claims
    return contiguous(0, 4)


def without_fill(*extra):
    return lambda f: [one for one in data(*extra)(f) if one[0] != FILL]


def chunked_cases(case):
    def put(name, outcome, words, *starts, steps=None, shape=None, filled=None, patches=(), **how):
        extra = [] if steps is None else [message(FILTERS, steps)]
        made = data(*extra, shape=shape or space(3), filled=filled, layout=chunks(*starts, **how))
        case("chunks_" + name, outcome, words, new_file(made), *patches)

    eight = struct.pack("<2I", 7, 9)
    put("whole", ACCEPTED, "", 0, 2, stored_bytes=eight)
    put("one_missing", ACCEPTED, "", 2, stored_bytes=eight)
    put("one_missing_nothing_to_fill_in", DAMAGED, "values that were never written", 2,
        stored_bytes=eight, filled=fill(flags=0x12))
    put("of_two_dimensions", ACCEPTED, "", (0, 0), (0, 2), (2, 0), (2, 2), shape=space(3, 3),
        sizes=(2, 2), stored_bytes=eight * 2)
    case("chunks_without_a_tree", ACCEPTED, "",
         new_file(data(shape=space(3), layout=chunked(UNDEFINED, 2, 4))))
    case("chunks_of_another_rank", DAMAGED, "chunks of another rank or element size",
         new_file(data(shape=space(3, 1), layout=chunked(UNDEFINED, 2, 4))))
    case("chunks_of_no_bytes", DAMAGED, "chunks of no bytes, or of more than 4 GiB",
         new_file(data(shape=space(3), layout=chunked(UNDEFINED, 0, 4))))
    case("chunks_larger_than_the_file_can_hold", LIMIT, "a chunk larger than the file can hold",
         new_file(data(shape=space(3), layout=chunked(UNDEFINED, 1 << 27, 4))))
    case("chunks_of_one_dimension", DAMAGED, "chunks of 1 dimensions",
         new_file(data(layout=chunked(UNDEFINED, 4))))
    case("chunks_under_an_index", FORBIDDEN, "chunks under an index of layout 4",
         new_file(data(layout=chunked(UNDEFINED, 2, 4, version=4))))
    case("chunks_that_declare_too_much", LIMIT, "bytes can hold",
         new_file(data(shape=space(1 << 30), layout=chunked(UNDEFINED, 2, 4))))
    put("outside_the_dataset", DAMAGED, "a chunk that lies outside its dataset", 0, 4,
        stored_bytes=eight)
    put("across_others", DAMAGED, "a chunk that lies outside its dataset, or across", 0, 1,
        stored_bytes=eight)
    put("out_of_order", DAMAGED, "chunks out of order", 2, 0, stored_bytes=eight)
    put("outside_the_file", DAMAGED, "a chunk of values of 8 bytes", 0, stored_bytes=eight,
        patches=[("btree", (48, struct.pack("<Q", 1 << 40)))])
    put("of_a_wrong_size", DAMAGED, "a chunk of 4 bytes, and 8 are due", 0, stored_bytes=bytes(4))
    put("bomb", LIMIT, "bytes in 4 stored ones", 0, sizes=(1 << 11,), stored_bytes=bytes(4))
    put("that_leave_out_a_filter_of_others", DAMAGED, "leaves out filters which the dataset", 0,
        stored_bytes=eight, left_out=1)
    filtered(put, eight)


def filtered(put, eight):
    """Stored blocks alone: any zlib writes those alike."""
    packed = zlib.compress(eight, 0)
    sums = struct.pack("<I", fletcher32(eight))
    put("deflated", ACCEPTED, "", 0, steps=filters((1, 4)), stored_bytes=packed)
    put("deflated_filters_1", ACCEPTED, "", 0, steps=filters((1, 4), version=1),
        stored_bytes=packed)
    put("shuffled", ACCEPTED, "", 0, steps=filters((2, 4)), stored_bytes=eight)
    put("shuffled_odd_rest", ACCEPTED, "", 0, steps=filters((2, 3)), stored_bytes=eight)
    put("summed", ACCEPTED, "", 0, steps=filters((3,)), stored_bytes=eight + sums)
    put("filter_left_out", ACCEPTED, "", 0, steps=filters((1, 4)), stored_bytes=eight, left_out=1)
    put("summed_then_deflated", ACCEPTED, "", 0, steps=filters((3,), (1, 4)),
        stored_bytes=zlib.compress(eight + sums, 0))
    put("checksum", DAMAGED, "the checksum of a chunk is wrong", 0, steps=filters((3,)),
        stored_bytes=eight + bytes(4))
    put("without_their_checksum", DAMAGED, "a chunk without its checksum", 0, steps=filters((3,)),
        stored_bytes=b"abc")
    put("that_do_not_inflate", DAMAGED, "a chunk that does not inflate to its size", 0,
        steps=filters((1, 4)), stored_bytes=packed[:-1] + b"x")
    put("deflate_without_level", DAMAGED, "a deflate filter without its level", 0,
        steps=filters((1,)), stored_bytes=packed)
    put("shuffle_without_size", DAMAGED, "a shuffle filter without the size", 0,
        steps=filters((2, 0)), stored_bytes=eight)
    put("lzf", FORBIDDEN, "filter 4; this reader has deflate", 0, steps=filters((4, 1)),
        stored_bytes=eight)
    put("one_filter_twice", FORBIDDEN, "one filter twice", 0, steps=filters((3,), (3,)),
        stored_bytes=eight)
    put("filters_of_version_3", FORBIDDEN, "filters of version 3", 0, steps=filters(version=3),
        stored_bytes=eight)
    put("filters_cut_short", DAMAGED, "filters that are cut short", 0,
        steps=filters((1, 4), count=2), stored_bytes=packed)


def fletcher32(values):
    """Of an even number of bytes."""
    first = second = 0
    for word in struct.unpack(f">{len(values) // 2}H", values):
        first = (first + word) % 65535
        second = (second + first) % 65535
    return second << 16 | first


def all_cases(case):
    for part in (types, enumerations, texts_of, shapes, attributes, layouts, chunked_cases):
        part(case)
