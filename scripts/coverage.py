"""Counts the covered lines in an LCOV export of llvm-cov: the part of scripts/coverage that
reads it.

    coverage.py --lines FILE [--missing] [--at-least PERCENT]
"""

import argparse
import pathlib
import sys

MARK = "// unreached: "
ROOT = pathlib.Path(__file__).resolve().parent.parent


def read(path):
    """{source: {line number: count}}"""
    found, lines = {}, None
    for row in path.read_text().splitlines():
        key, _, value = row.partition(":")
        if key == "SF":
            lines = found.setdefault(pathlib.Path(value).resolve().relative_to(ROOT), {})
        elif key == "DA":
            number, count = value.split(",")[:2]
            lines[int(number)] = int(count)
    return found


def row(name, lines, covered, marked):
    share = 100 * covered / lines if lines else 100
    print(f"{name}\t{lines}\t{covered}\t{share:.1f} %" + (f"\t{marked} marked" if marked else ""))
    return share


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=pathlib.Path, required=True)
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--at-least", type=float, default=0)
    arguments = parser.parse_args()
    totals, missing = [0, 0, 0], []
    print("file\tlines\tcovered\tshare")
    for source, counts in sorted(read(arguments.lines).items()):
        text = (ROOT / source).read_text().splitlines()
        marked = {n for n in counts if MARK in text[n - 1]}
        reached = sorted(str(source) + f":{n}" for n in marked if counts[n])
        if reached:
            sys.exit("marked as unreached, and reached: " + ", ".join(reached))
        due = [n for n in counts if n not in marked]
        gone = [n for n in due if not counts[n]]
        missing += [f"{source}:{n}\t{text[n - 1].strip()}" for n in sorted(gone)]
        row(source, len(due), len(due) - len(gone), len(marked))
        totals = [t + n for t, n in zip(totals, (len(due), len(due) - len(gone), len(marked)))]
    if not totals[0]:
        sys.exit("no lines of that folder in the profile")
    share = row("total", *totals)
    if arguments.missing and missing:
        print("\nlines that nothing reaches:", *missing, sep="\n")
    if share < arguments.at_least:
        sys.exit(f"{share:.1f} % of the lines, and {arguments.at_least:g} % are due")


if __name__ == "__main__":
    main()
