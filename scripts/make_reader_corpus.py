#!/usr/bin/env python3
"""Writes one small HDF5 file for every check of the strict reader, and sound ones beside them.

    scripts/make_reader_corpus.py            corpus/fuzz/fuzz_hdf5_reader, its rows in
                                             corpus/fuzz/manifest.json, and
                                             model/checkpoint/testdata/reader_refusals.tsv
    scripts/make_reader_corpus.py --check    writes nothing; exit code 1 where they differ

A file is put together from nothing (h5_parts.py), with one thing wrong in it and all its checksums
right, so that the check behind them is what refuses it. The table has its name, "accepted" or the
kind of the refusal, and words of the message; h5/reader_refusals_test.cc holds the reader to it.
Needs nothing but Python.
"""

import json
import pathlib
import sys

sys.dont_write_bytecode = True

import reader_cases_tree
import reader_cases_values

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = "fuzz_hdf5_reader"
FOLDER = ROOT / "corpus" / "fuzz" / TARGET
MANIFEST = FOLDER.parent / "manifest.json"
TABLE = ROOT / "model" / "checkpoint" / "testdata" / "reader_refusals.tsv"
BYTES_MAX = 30_000


def made():
    """{name: (bytes, outcome, words)}"""
    found = {}

    def case(name, outcome, words, file, *patches, wrong_sum=None, cut=None, ending=b""):
        for field, value in patches:
            file.set(field, value)
        file.ending = ending
        content = file.finished(wrong_sum, cut)
        twin = next((other for other, row in found.items() if row[0] == content), None)
        if f"{name}.h5" in found or twin or len(content) > BYTES_MAX:
            sys.exit(f"{name}: a name twice, too large, or the same bytes as {twin}")
        found[f"{name}.h5"] = content, outcome, words

    reader_cases_tree.all_cases(case)
    reader_cases_values.all_cases(case)
    return dict(sorted(found.items()))


def manifest(files):
    """The file as it is to be: rows of other targets stay."""
    rows = {name: reason for name, reason in json.loads(MANIFEST.read_text()).items()
            if not name.startswith(TARGET + "/")}
    for name, (_, outcome, words) in files.items():
        rows[f"{TARGET}/{name}"] = (
            "accepted: " + name.removesuffix(".h5").replace("_", " ") if outcome == "accepted"
            else f"refused, {outcome}: {words}")
    return json.dumps(rows, indent=1, sort_keys=True) + "\n"


def main():
    files = made()
    table = "".join(f"{name}\t{outcome}\t{words}\n" for name, (_, outcome, words) in files.items())
    wanted = {FOLDER / name: row[0] for name, row in files.items()}
    wanted |= {TABLE: table.encode(), MANIFEST: manifest(files).encode()}
    there = set(FOLDER.iterdir()) if FOLDER.exists() else set()
    wrong = sorted(str(path.relative_to(ROOT)) for path, content in wanted.items()
                   if not path.exists() or path.read_bytes() != content)
    wrong += sorted(str(path.relative_to(ROOT)) for path in there - set(wanted))
    if sys.argv[1:] == ["--check"]:
        sys.exit("not as the script writes them: " + ", ".join(wrong) if wrong else 0)
    if sys.argv[1:]:
        sys.exit(__doc__)
    for path in there - set(wanted):
        path.unlink()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, content in wanted.items():
        path.write_bytes(content)
    print(f"{len(files)} files, {sum(len(row[0]) for row in files.values())} bytes")


if __name__ == "__main__":
    main()
