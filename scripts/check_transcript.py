"""Holds what went over the worker protocol against its JSON schema.

check_transcript.py SCHEMA TRANSCRIPT...: a transcript is what `weightproof testee-test
--transcript FILE` writes, "> " before a request and "< " before an answer. Exit code 1 when a line
breaks the schema or a kind of line that belongs there is missing, 77 without the package jsonschema.

check_transcript.py SCHEMA [--needs FILE] --run COMMAND...: runs the command, in which {} stands for
a file, and checks what it leaves there. Exit code 77 where FILE is not there.
"""

import collections
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("no jsonschema here: Debian has it as python3-jsonschema")
    sys.exit(77)

DUE = {"> describe", "> save", "> load", "> assign", "< ok", "< refused", "< unsupported",
       "< worker_error"}


def check(schema, path):
    validators = {}
    for sign, name in ((">", "request"), ("<", "answer")):
        part = {"$ref": "#/$defs/" + name, "$defs": schema["$defs"]}
        jsonschema.Draft202012Validator.check_schema(part)
        validators[sign] = jsonschema.Draft202012Validator(part)
    seen, wrong = collections.Counter(), 0
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            sign, value = line[0], json.loads(line[2:])
            seen["%s %s" % (sign, value.get("op" if sign == ">" else "outcome"))] += 1
            error = jsonschema.exceptions.best_match(validators[sign].iter_errors(value))
            if error is not None:
                wrong += 1
                if wrong <= 5:
                    print("line %d: %s: %s" % (number, error.json_path, error.message[:300]))
    for kind, count in sorted(seen.items()):
        print("%6d  %s" % (count, kind))
    for kind in sorted(DUE - set(seen)):
        wrong += 1
        print("no line of the kind: " + kind)
    return wrong


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    rest = sys.argv[2:]
    if rest[0] == "--needs":
        if not os.path.exists(rest[1]):
            print("no " + rest[1])
            return 77
        rest = rest[2:]
    if rest[0] != "--run":
        return 1 if sum(check(schema, path) for path in rest) else 0
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        command = [word.replace("{}", file.name) for word in rest[1:]]
        code = subprocess.run(command, check=False).returncode
        wrong = check(schema, file.name)
        return code or (1 if wrong else 0)


if __name__ == "__main__":
    sys.exit(main())
