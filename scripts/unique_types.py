#!/usr/bin/env python3
"""Fails when two headers define types of one name in one namespace.

Such a pair breaks C++'s one-definition rule: the linker keeps one of the two sets of inline
functions, and memory is corrupted without a warning.

usage: unique_types.py FOLDER...
"""
import collections
import pathlib
import re
import sys

found = collections.defaultdict(set)
headers = [path for folder in sys.argv[1:] for path in sorted(pathlib.Path(folder).rglob("*.h"))]
for path in headers:
    spaces = []
    for line in path.read_text(encoding="utf-8").splitlines():
        opened = re.match(r"namespace ([\w:]+) \{", line)
        if opened:
            spaces.append(opened.group(1))
        elif re.match(r"\}  // namespace", line) and spaces:
            spaces.pop()
        defined = re.match(r"(?:template <.*> )?(?:struct|class|enum class) (\w+)[^;]*\{", line)
        if defined:
            found["::".join([*spaces, defined.group(1)])].add(str(path))
twice = {name: paths for name, paths in found.items() if len(paths) > 1}
for name, paths in sorted(twice.items()):
    print(f"{name} is defined in {' and in '.join(sorted(paths))}")
print(f"{len(found)} types in {len(headers)} headers, {len(twice)} defined twice")
sys.exit(1 if twice or not found else 0)
