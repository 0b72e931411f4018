"""Superblocks, object headers, groups: what make_reader_corpus.py writes of them."""

from h5_files import *

DAMAGED, FORBIDDEN, LIMIT = "DamagedFile", "ForbiddenFeature", "LimitExceeded"
ACCEPTED = "accepted"


def superblocks(case):
    case("superblock_0", ACCEPTED, "", old_file())
    case("superblock_1", ACCEPTED, "", old_file(version=1))
    case("superblock_2", ACCEPTED, "", new_file())
    case("superblock_3", ACCEPTED, "", new_file(version=3))
    case("superblock_no_signature", "NotAnHdf5File", "no HDF5 signature", new_file(),
         ("superblock", (0, b"\x89HDX")))
    case("superblock_4", FORBIDDEN, "a superblock of version 4", new_file(),
         ("superblock.version", 4))
    case("superblock_old_cut_short", DAMAGED, "the superblock of 96 bytes", old_file(), cut=60)
    case("superblock_old_part_of_unknown_version", FORBIDDEN, "parts of an unknown version",
         old_file(), ("superblock.free_version", 1))
    case("superblock_old_addresses_of_4_bytes", FORBIDDEN, "addresses of 4 and lengths of 8",
         old_file(), ("superblock.addresses", 4))
    case("superblock_old_flags", DAMAGED, "unknown flags in the superblock", old_file(),
         ("superblock.flags", 0x80))
    # Files of HDF5 1.6 have the bits for "open for writing" and "closed well".
    case("superblock_old_flags_of_1_6", ACCEPTED, "", old_file(), ("superblock.flags", 3))
    case("superblock_old_leaves_of_no_entries", DAMAGED, "B-tree nodes without entries", old_file(),
         ("superblock.leaf_k", 0))
    case("superblock_old_chunk_nodes_of_no_entries", DAMAGED, "B-tree nodes without entries",
         old_file(version=1), ("superblock.chunk_k", 0))
    case("superblock_old_base_elsewhere", DAMAGED, "the base address is not where it stands",
         old_file(), ("superblock.base", 8))
    case("superblock_old_free_space_index", FORBIDDEN, "a free-space index", old_file(),
         ("superblock.free_space", 96))
    case("superblock_old_end_behind_the_file", DAMAGED, "cut short: the file says", old_file(),
         ("superblock.end", 1 << 20))
    case("superblock_old_driver_block", FORBIDDEN, "a driver block", old_file(),
         ("superblock.driver", 96))
    case("superblock_old_root_of_unknown_kind", DAMAGED, "a symbol table entry of an unknown kind",
         old_file(), ("superblock.root_kind", 3))
    case("superblock_old_root_heap_elsewhere", DAMAGED, "repeats its group's addresses wrongly",
         old_file(), ("superblock.root_heap", 96))
    case("superblock_new_cut_short", DAMAGED, "the superblock of 48 bytes", new_file(), cut=40)
    case("superblock_new_lengths_of_4_bytes", FORBIDDEN, "addresses of 8 and lengths of 4",
         new_file(), ("superblock.lengths", 4))
    case("superblock_new_checksum", DAMAGED, "the checksum of the superblock is wrong", new_file(),
         wrong_sum="superblock")
    case("superblock_3_flags", DAMAGED, "unknown flags in the superblock", new_file(version=3),
         ("superblock.flags", 2))
    case("superblock_3_open_for_writing", DAMAGED, "was not closed by its writer",
         new_file(version=3), ("superblock.flags", 1))
    case("superblock_new_base_elsewhere", DAMAGED, "the base address is not where it stands",
         new_file(), ("superblock.base", 8))
    case("superblock_new_extension", FORBIDDEN, "a superblock extension", new_file(),
         ("superblock.extension", 48))
    case("superblock_new_end_behind_the_file", DAMAGED, "cut short: the file says", new_file(),
         ("superblock.end", 1 << 20))
    case("superblock_bytes_behind_the_end", DAMAGED, "behind the end that the file", new_file(),
         ending=b"tail")
    case("root_without_an_address", DAMAGED, "an object without an address", new_file(),
         ("superblock.root", UNDEFINED))
    case("root_is_a_dataset", DAMAGED, "the root is no group", *with_root("d"))
    case("root_outside_the_file", DAMAGED, "an object header of 16 bytes at address", new_file(),
         ("superblock.root", 1 << 40))


def with_root(name):
    """Another object as the root."""
    f = new_file()
    return f, ("superblock.root", f.at[name])


def headers(case):
    case("header_1_continued", ACCEPTED, "", continued_file(new=False))
    case("header_2_continued", ACCEPTED, "", continued_file())
    case("header_2_with_times", ACCEPTED, "", new_file(root_flags=0x30))
    case("header_2_with_a_long_size", ACCEPTED, "", new_file(root_flags=0x23))
    case("header_of_no_known_version", DAMAGED, "no object header where one is due", old_file(),
         ("root.version", 7))
    case("header_1_longer_than_the_file", DAMAGED, "the messages of an object header", old_file(),
         ("root.size", 1 << 20))
    case("header_1_message_longer_than_its_header", DAMAGED, "a header message of a wrong size",
         old_file(), ("root", (18, b"\xf0\xff")))
    case("header_1_counts_its_messages_wrongly", DAMAGED, "states 9 messages and has", old_file(),
         ("root.count", 9))
    case("header_2_of_version_3", FORBIDDEN, "an object header of an unknown version", new_file(),
         ("root.version", 3))
    case("header_2_in_order_of_creation", FORBIDDEN, "attributes in order of creation", new_file(),
         ("root.flags", 4))
    case("header_2_head_behind_the_file", DAMAGED, "an object header of", new_file(),
         ("superblock.end", 72), ("superblock.root", 56), ("superblock", (56, b"OHDR\2\x23")),
         cut=72)
    case("header_2_larger_than_the_file", DAMAGED, "an object header larger than the file",
         new_file(root_flags=3), ("root", (6, b"\0\0\0\0\0\0\0\1")))
    case("header_2_longer_than_what_is_left", DAMAGED, "the messages of an object header of",
         new_file(), ("root.size", 100))
    case("header_2_without_room", DAMAGED, "without room for messages", new_file(),
         ("root.size", 4))
    case("header_2_checksum", DAMAGED, "the checksum of an object header is wrong", new_file(),
         wrong_sum="root")
    case("header_2_message_longer_than_its_header", DAMAGED, "a header message of a wrong size",
         new_file(), ("root", (8, b"\xf0\xff")))
    case("header_message_stored_elsewhere", FORBIDDEN, "a header message that is stored elsewhere",
         new_file(extra=[message(1, bytes(8), 2)]))
    case("header_message_with_flags", FORBIDDEN, "a header message with unusual flags",
         new_file(extra=[message(0, bytes(8), 8)]))
    case("header_reference_count_of_version_1", DAMAGED, "a reference count in a header that has",
         old_file(extra=[message(0x16, bytes(8))]))
    case("header_message_of_unknown_kind", FORBIDDEN, "a header message of unknown kind 99",
         new_file(extra=[message(99, bytes(8))]))
    case("header_message_of_unknown_kind_1", FORBIDDEN, "a header message of unknown kind 99",
         old_file(extra=[message(99, bytes(8))]))
    case("header_continuation_cut_short", DAMAGED, "a continuation of an object header of a wrong",
         new_file(extra=[message(CONTINUATION, bytes(8))]))
    case("header_continuation_without_bytes", DAMAGED, "a continuation of an object header without",
         new_file(extra=[message(CONTINUATION, bytes(16))]))
    case("header_continuation_outside_the_file", DAMAGED, "the continuation of an object header of",
         new_file(extra=[message(CONTINUATION, struct.pack("<QQ", 1 << 40, 64))]))
    case("header_continuation_without_signature", DAMAGED, "no continuation of an object header",
         continued_file(signature=b"OCHX"))
    case("header_continuation_checksum", DAMAGED, "the checksum of an object header is wrong",
         continued_file(), wrong_sum="more")
    case("header_message_twice", DAMAGED, "a header message that stands there twice",
         new_file(data(message(FILL, fill()))))
    case("header_link_info_twice", DAMAGED, "a header message that stands there twice",
         new_file(extra=[message(LINK_INFO, link_info())]))
    case("header_attribute_info_twice", DAMAGED, "a header message that stands there twice",
         new_file(extra=[message(ATTRIBUTE_INFO, link_info())] * 2))
    case("header_symbol_table_twice", DAMAGED, "a header message that stands there twice",
         old_file(extra=[message(SYMBOLS, symbols(0, 0))]))


def groups(case):
    for what, name in (("empty", b""), ("dot", b"."), ("slash", b"a/b"), ("nul", b"a\0b")):
        case("link_name_" + what, DAMAGED, "a member's name is empty, or has",
             new_file(more=[link(name, 48)]))
    case("link_twice_under_one_name", DAMAGED, "two members have one name",
         new_file(more=[link(b"d", 48)]))
    case("link_to_a_dataset_of_another_name", FORBIDDEN, "a second way to a group or dataset",
         new_file(more=[link(b"e", 48)]))
    case("link_soft", FORBIDDEN, "a soft link", new_file(more=[link(b"s", kind=1)]))
    case("link_external", FORBIDDEN, "a link to another file", new_file(more=[link(b"s", kind=64)]))
    case("link_user_defined", FORBIDDEN, "a user-defined link",
         new_file(more=[link(b"s", kind=70)]))
    case("link_of_version_2", FORBIDDEN, "a link of an unknown version",
         new_file(more=[link(b"e", version=2)]))
    case("link_in_order_of_creation", FORBIDDEN, "links in order of creation (track_order)",
         new_file(more=[link(b"e", flags=4)]))
    case("link_of_unknown_character_set", FORBIDDEN, "a link's name of an unknown character set",
         new_file(more=[link(b"e", charset=2)]))
    case("link_with_a_character_set", DAMAGED, "an object without an address",
         new_file(more=[link(b"e", charset=1)]))
    case("link_name_cut_short", DAMAGED, "a link that is cut short",
         new_file(more=[b"\1\0\x20short"]))
    case("link_address_cut_short", DAMAGED, "a link that is cut short",
         new_file(more=[b"\1\0\1e\0\0"]))
    case("group_info_of_version_1", FORBIDDEN, "group information of an unknown version",
         new_file(info=link_info(version=1)))
    case("group_in_order_of_creation", FORBIDDEN, "links in order of creation (track_order)",
         new_file(info=link_info(flags=1)[:2] + bytes(8) + link_info()[2:]))
    case("group_info_cut_short", DAMAGED, "group information that is cut short",
         new_file(info=link_info()[:10]))
    case("group_heap_without_index", DAMAGED, "a fractal heap without an index",
         new_file(info=link_info(heap=48)))
    case("group_of_both_kinds", DAMAGED, "a group of the old and of the newer kind at once",
         old_file(extra=[message(LINK_INFO, link_info())]))
    case("group_symbol_table_cut_short", DAMAGED, "a symbol table message that is cut short",
         old_file(symbol=bytes(8)))
    case("group_that_is_none", DAMAGED, "neither a group nor a dataset",
         new_file(lambda f: [message(ATTRIBUTE, attribute())]))
    case("group_that_is_a_stored_type", FORBIDDEN, "a stored datatype",
         new_file(lambda f: [message(DATATYPE, number())]))
    case("group_and_dataset_at_once", DAMAGED, "a group and a dataset at once",
         new_file(data(message(LINK_INFO, link_info()))))
    case("group_depth_64", ACCEPTED, "", nested_file(64))
    case("group_depth_65", LIMIT, "groups nested deeper than 64", nested_file(66))


def symbol_tables(case):
    two = (b"a", b"b")
    case("symbols_of_two_leaves", ACCEPTED, "", tree_file())
    case("symbols_two_names", ACCEPTED, "", old_file(names=two))
    case("symbols_soft_link", FORBIDDEN, "a soft link", old_file(kinds=(2,)))
    case("symbols_dataset_listed_as_group", DAMAGED, "a dataset that is listed as a group",
         old_file(kinds=(1,)))
    case("symbols_entry_of_unknown_kind", DAMAGED, "a symbol table entry of an unknown kind",
         old_file(kinds=(3,)))
    heap_head = "a heap of names of 32 bytes"
    case("names_heap_outside_the_file", DAMAGED, heap_head,
         old_file(symbol=symbols(96, 1 << 40)), ("superblock.root_kind", 0))
    case("names_heap_without_signature", DAMAGED, "no heap of names where one is due", old_file(),
         ("heap.signature", b"HEAX"))
    case("names_outside_the_file", DAMAGED, "the names of a heap", old_file(),
         ("heap.data", 1 << 40))
    case("names_free_block_outside", DAMAGED, "a free block outside its heap", old_file(),
         ("heap.free", 4000))
    case("names_free_block_too_large", DAMAGED, "a free block of a wrong size",
         old_file(free=struct.pack("<QQ", 1, 4000)))
    case("names_free_block_that_leads_to_itself", DAMAGED, "a free block of a wrong size",
         old_file(free=struct.pack("<QQ", 16, 16)))
    case("names_free_blocks_over_each_other", DAMAGED, "free blocks over each other",
         old_file(free=struct.pack("<4Q", 32, 32, 1, 16)))
    case("names_free_blocks_two", ACCEPTED, "", old_file(free=struct.pack("<4Q", 32, 16, 1, 16)))
    case("names_name_outside_the_heap", DAMAGED, "a name outside the heap", old_file(),
         ("node.name", 4000))
    case("names_name_without_end", DAMAGED, "a name outside the heap",
         old_file(free=b"n" * 16), ("heap.free", 1), ("node.name", 16), ("btree.next_key", 0))
    case("names_that_share_their_bytes", DAMAGED, "names that share their bytes",
         old_file(names=(b"n" * 31, b"o"), free=b""), ("heap.free", 1), ("node.name2", 9))
    case("names_key_outside_the_heap", DAMAGED, "a key outside the heap", old_file(),
         ("btree.key", 4000))
    case("names_right_key_outside_the_heap", DAMAGED, "a key outside the heap", old_file(),
         ("btree.next_key", 4000))
    case("names_out_of_order", DAMAGED, "a member's name stands twice, or out of order",
         old_file(names=(b"b", b"a")))
    case("names_behind_their_key", DAMAGED, "a symbol table node with names behind its key",
         old_file(names=two), ("btree.next_key", 8))
    case("names_keys_that_share_their_bytes", DAMAGED, "keys that share their bytes",
         shared_keys())
    case("node_outside_the_file", DAMAGED, "a symbol table node of", old_file(),
         ("btree.child", 1 << 40))
    case("node_without_signature", DAMAGED, "no symbol table node where one is due", old_file(),
         ("node.signature", b"SNOX"))
    case("node_of_too_many_entries", DAMAGED, "a symbol table node with too many entries",
         old_file(), ("node.used", 9))
    tree = "a B-tree node of a group"
    case("btree_outside_the_file", DAMAGED, tree + " of", old_file(), ("superblock.root_kind", 0),
         ("root", (24, struct.pack("<Q", 1 << 40))))
    case("btree_without_signature", DAMAGED, "no " + tree, old_file(), ("btree.signature", b"TREX"))
    case("btree_of_chunks_for_a_group", DAMAGED, "no " + tree, old_file(), ("btree.type", 1))
    case("btree_of_too_many_children", DAMAGED, tree + " of a wrong level or size", old_file(),
         ("btree.used", 33))
    case("btree_leaf_of_a_wrong_level", DAMAGED, tree + " of a wrong level or size", tree_file(),
         ("leaf2.level", 1))
    case("btree_left_neighbor_elsewhere", DAMAGED, "with a neighbour that the tree does not have",
         tree_file(), ("leaf2.left", 96))
    case("btree_right_neighbor_missing", DAMAGED, "with a neighbour that the tree does not have",
         tree_file(), ("leaf2.right", 96))
    case("btree_keys_not_of_its_parent", DAMAGED, "whose keys are not its parent's", tree_file(),
         ("leaf2.key", 0))


def shared_keys():
    """Eight empty nodes between keys that are one long text."""
    f = File(superblock0())
    f.at["superblock"], f.kind["superblock"] = 0, "superblock0"
    place_symbols(f, bytes(8) + b"k" * 200 + bytes(8), 1, [], 8)
    nodes = [f.at["node"]] + [f.place(f"node{i}", "node", symbol_node([])) for i in range(7)]
    f.set("btree", (0, btree(0, 0, [struct.pack("<Q", 8)] * (len(nodes) + 1), nodes, 32)))
    table = symbols(f.at["btree"], f.at["heap"])
    return closed(f, f.place("root", "header1", header1([message(SYMBOLS, table)])))


def dense(case):
    abc = (b"a", b"b", b"c")
    seven = tuple(bytes([c]) for c in b"abcdefg")
    no_block = "no block of this fractal heap where one is due"
    case("dense_one_block", ACCEPTED, "", dense_file(abc))
    case("dense_no_links", ACCEPTED, "", dense_file(()), ("fractal.root", UNDEFINED),
         ("index.root", UNDEFINED), ("fractal.space", 0))
    case("dense_table", ACCEPTED, "", dense_file(abc, rows=1))
    case("dense_table_of_tables", ACCEPTED, "", dense_file(abc, rows=10, outer=True))
    case("dense_index_of_depth_1", ACCEPTED, "", dense_file(abc, depth=1))
    case("dense_index_of_depth_2", ACCEPTED, "", dense_file(seven, depth=2))
    case("dense_soft_link", FORBIDDEN, "a soft link", dense_file(abc, kinds=(1,)))
    case("dense_and_a_link_message", DAMAGED, "a link outside the group's dense storage",
         dense_file(abc, extra=[message(LINK, link(b"e", 48))]))
    case("heap_outside_the_file", DAMAGED, "a fractal heap of links of 146 bytes",
         new_file(info=link_info(1 << 40, 1 << 40)))
    case("heap_without_signature", DAMAGED, "no fractal heap where one is due", dense_file(abc),
         ("fractal.signature", b"FRHX"))
    case("heap_checksum", DAMAGED, "the checksum of a fractal heap is wrong", dense_file(abc),
         wrong_sum="fractal")
    case("heap_of_another_geometry", FORBIDDEN, "a fractal heap of a geometry", dense_file(abc),
         ("fractal.id_bytes", 8))
    case("heap_with_a_huge_link", FORBIDDEN, "a link with a name of more than 4 KiB",
         dense_file(abc), ("fractal.huge", 1))
    case("heap_with_a_tiny_link", DAMAGED, "a fractal heap that cannot be", dense_file(abc),
         ("fractal.tiny", 1))
    case("heap_block_outside_the_file", DAMAGED, "a block of a fractal heap of 512 bytes",
         dense_file(abc), ("fractal.root", 1 << 40))
    case("heap_block_of_another_heap", DAMAGED, no_block, dense_file(abc), ("block.heap", 0))
    case("heap_block_of_a_table_at_another_place", DAMAGED, no_block, dense_file(abc, rows=1),
         ("block.at", 512))
    case("heap_block_checksum", DAMAGED, "the checksum of a block of a fractal heap is wrong",
         dense_file(abc), wrong_sum="block")
    case("heap_table_outside_the_file", DAMAGED, "a table of a fractal heap of",
         dense_file(abc, rows=1), ("fractal.root", 1 << 40))
    case("heap_table_of_another_heap", DAMAGED, "no table of this fractal heap where one is due",
         dense_file(abc, rows=1), ("table.heap", 0))
    case("heap_table_checksum", DAMAGED, "the checksum of a table of a fractal heap is wrong",
         dense_file(abc, rows=1), wrong_sum="table")
    case("heap_counts_its_links_wrongly", DAMAGED, "a fractal heap of 9 links", dense_file(abc),
         ("fractal.objects", 9))
    case("heap_link_outside_its_blocks", FORBIDDEN, "a link outside the blocks of its fractal heap",
         dense_file(abc), ("leaf.kind", 16))
    case("heap_link_behind_the_heap", DAMAGED, "a link outside its fractal heap", dense_file(abc),
         ("leaf.at", 1 << 20))
    case("heap_link_in_the_head_of_a_block", DAMAGED, "a link outside the blocks", dense_file(abc),
         ("leaf.at", 4))
    case("heap_links_over_each_other", DAMAGED, "links over each other in their fractal heap",
         *overlapping())
    case("heap_link_that_is_none", FORBIDDEN, "a link of an unknown version", dense_file(abc),
         ("leaf.at", 22))
    case("index_outside_the_file", DAMAGED, "an index of links of 38 bytes", dense_file(abc),
         ("root", (7 + 4 + 2 + 8, struct.pack("<Q", 1 << 40))))
    case("index_without_signature", DAMAGED, "no index of links where one is due", dense_file(abc),
         ("index.signature", b"BTHX"))
    case("index_checksum", DAMAGED, "the checksum of an index of links is wrong", dense_file(abc),
         wrong_sum="index")
    case("index_of_another_geometry", FORBIDDEN, "an index of a geometry", dense_file(abc),
         ("index.node_bytes", 1024))
    case("index_node_outside_the_file", DAMAGED, "a node of an index of 512 bytes", dense_file(abc),
         ("index.root", 1 << 40))
    case("index_node_without_signature", DAMAGED, "no node of this index where one is due",
         dense_file(abc), ("leaf.signature", b"BTLX"))
    case("index_node_of_no_links", DAMAGED, "an index node of 0 links", dense_file(abc),
         ("index.root_records", 0))
    case("index_node_checksum", DAMAGED, "the checksum of an index node is wrong", dense_file(abc),
         wrong_sum="leaf")
    case("index_counts_its_links_wrongly", DAMAGED, "an index node that counts its links wrongly",
         dense_file(abc), ("index.records", 9))
    case("index_child_outside_the_file", DAMAGED, "a node of an index of 512 bytes",
         dense_file(abc, depth=1), ("inner_node", (17, struct.pack("<Q", 1 << 40))))
    case("index_entry_of_a_wrong_hash", DAMAGED, "whose checksum is not its link's",
         dense_file(abc), ("leaf.hash", 1))
    case("index_entries_out_of_order", DAMAGED, "index entries out of order", *swapped())
    case("index_without_root_that_counts", DAMAGED, "an index that counts 3 links, not 0",
         dense_file(abc), ("index.root", UNDEFINED), ("index.root_records", 0))


def overlapping():
    """The first link's name and address are a second link, and the index names both."""
    outer = b"\1\0\1b"
    f = dense_file((outer, b"b"))
    order = sorted((outer, b"b"), key=lookup3)
    which = "2" if order[1] == b"b" else ""
    return f, ("leaf.at" + which, BLOCK_HEAD + 3), ("leaf.size" + which, 12)


def swapped():
    """The first two records of the leaf change places."""
    f = dense_file((b"a", b"b", b"c"))
    at = f.at["leaf"] + 6
    records = bytes(f.data[at:at + 22])
    return f, ("leaf", (6, records[11:] + records[:11]))


def all_cases(case):
    for part in (superblocks, headers, groups, symbol_tables, dense):
        part(case)
