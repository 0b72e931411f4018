"""The files of corpus/ and their manifests: what scripts/corpus does without a build.

    corpus_files.py [--root FOLDER] check
    corpus_files.py [--root FOLDER] add TARGET FILE --reason TEXT [--name NAME]
    corpus_files.py [--root FOLDER] remove TARGET NAME

Exit codes: 0 done, 1 the corpus is not as it should be or the file has no place in it, 2 usage or
an unreadable file.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

FILE_BYTES_MAX = 65536  # what scripts/fuzz lets an input have
CORPUS_BYTES_MAX = 20 << 20  # without golden/
REASON_MIN = 8
WRITTEN_BY = {"fuzz_hdf5_reader": "scripts/make_reader_corpus.py"}
ENGINE_NAME = re.compile(r"((crash|leak|timeout|oom|slow-unit)-)?[0-9a-f]{40}")


class Wrong(Exception):
    """A text for the person, and the exit code."""

    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise Wrong("%s: cannot be read: %s (correct the path)" % (path, error.strerror),
                    2) from error


def load(path):
    """A manifest; a key that stands there twice is an error."""
    def rows(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise Wrong("%s: %s stands there twice (leave one)" % (path, ", ".join(twice)))
        return dict(pairs)
    try:
        return json.loads(read(path), object_pairs_hook=rows)
    except json.JSONDecodeError as error:
        raise Wrong("%s:%d:%d: no JSON: %s (mend it by hand)"
                    % (path, error.lineno, error.colno, error.msg)) from error


def put(path, content):
    """The old file or the new one, never half of it."""
    partial = path.with_name(path.name + ".new")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Wrong("%s: cannot be written: %s" % (path, error.strerror), 2) from error


def text_of(rows):
    return (json.dumps(rows, indent=1, sort_keys=True) + "\n").encode()


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Corpus:
    def __init__(self, root):
        self.root = root
        self.folder = root / "corpus"
        self.fuzz = self.folder / "fuzz"
        self.manifest = self.fuzz / "manifest.json"

    def targets(self):
        return sorted(path.stem for path in (self.root / "fuzz").glob("fuzz_*.cc")
                      if not path.stem.endswith("_test"))

    def inputs(self):
        """{"TARGET/NAME": path}"""
        return {str(path.relative_to(self.fuzz)): path for path in sorted(self.fuzz.rglob("*"))
                if path.is_file() and path != self.manifest}

    def known_target(self, target):
        if target not in self.targets():
            raise Wrong("no target %s; there are: %s" % (target, " ".join(self.targets())), 2)

    def check(self):
        faults = []
        inputs = self.inputs()
        rows = load(self.manifest)
        for name in sorted(set(inputs) - set(rows)):
            faults.append("corpus/fuzz/%s is in no row of corpus/fuzz/manifest.json "
                          "(scripts/corpus add gives it one)" % name)
        for name in sorted(set(rows) - set(inputs)):
            faults.append("corpus/fuzz/manifest.json: %s is not there (scripts/corpus remove takes "
                          "the row out)" % name)
        for name, reason in sorted(rows.items()):
            if not isinstance(reason, str) or len(reason.strip()) < REASON_MIN:
                faults.append("corpus/fuzz/manifest.json: %s has no reason to be there" % name)
        seen = {}
        for name, path in inputs.items():
            target = name.split("/")[0]
            if target not in self.targets() or name.count("/") != 1:
                faults.append("corpus/fuzz/%s is in no target's folder" % name)
            content = read(path)
            if len(content) > FILE_BYTES_MAX:
                faults.append("corpus/fuzz/%s has %d bytes, more than %d: no target is given so "
                              "much" % (name, len(content), FILE_BYTES_MAX))
            twin = seen.setdefault((target, digest(content)), name)
            if twin != name:
                faults.append("corpus/fuzz/%s is the same as %s" % (name, twin))
        faults += self.cases()
        size = sum(path.stat().st_size for path in self.folder.rglob("*")
                   if path.is_file() and "golden" not in path.relative_to(self.folder).parts)
        if size > CORPUS_BYTES_MAX:
            faults.append("corpus/ without golden/ has %d bytes, more than %d"
                          % (size, CORPUS_BYTES_MAX))
        if not inputs:
            faults.append("no inputs in corpus/fuzz")
        if faults:
            raise Wrong("\n".join(faults))
        print("%d inputs of %d targets, each with its reason, no duplicates; corpus without "
              "golden/: %d bytes"
              % (len(inputs), len({name.split("/")[0] for name in inputs}), size))

    def cases(self):
        """Faults of corpus/manifest.json and of the cases in it."""
        rows = load(self.folder / "manifest.json").get("files", {})
        faults, seen = [], {}
        there = {str(path.relative_to(self.folder)): path
                 for path in sorted((self.folder / "cases").glob("*"))}
        for name in sorted(set(there) - set(rows)):
            faults.append("corpus/%s is not in corpus/manifest.json" % name)
        for name, path in there.items():
            twin = seen.setdefault(digest(read(path)), name)
            if twin != name:
                faults.append("corpus/%s is the same as %s" % (name, twin))
        for name, row in sorted(rows.items()):
            if not (self.folder / name).exists():
                faults.append("corpus/manifest.json: %s is not there" % name)
            if len(str(row.get("reason", "")).strip()) < REASON_MIN:
                faults.append("corpus/manifest.json: %s has no reason to be there" % name)
        return faults

    def name_for(self, path, reason, content):
        """The file's own name, or, of one that a fuzzing engine named, the reason's first words."""
        if not ENGINE_NAME.fullmatch(path.name):
            return path.name
        words = re.findall(r"[a-z0-9]+", reason.lower())[:6]
        ending = (".h5" if content.startswith(b"\x89HDF")
                  else ".json" if content[:1] == b"{" else ".bin")
        return "-".join(words) + ending

    def add(self, target, file, reason, name):
        self.known_target(target)
        if target in WRITTEN_BY:
            raise Wrong("corpus/fuzz/%s is written by %s: a case goes into that"
                        % (target, WRITTEN_BY[target]))
        content = read(file)
        if not content:
            raise Wrong("%s is empty" % file)
        if len(content) > FILE_BYTES_MAX:
            raise Wrong("%s has %d bytes, more than %d (make it small first: weightproof minimize)"
                        % (file, len(content), FILE_BYTES_MAX))
        if len(reason.strip()) < REASON_MIN:
            raise Wrong("--reason: say in a few words why %s is kept" % file, 2)
        for other, path in self.inputs().items():
            if other.startswith(target + "/") and read(path) == content:
                raise Wrong("%s is already there: corpus/fuzz/%s" % (file, other))
        name = name or self.name_for(file, reason, content)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise Wrong("'%s' is no plain file name (give one with --name)" % name, 2)
        path = self.fuzz / target / name
        if path.exists():
            raise Wrong("corpus/fuzz/%s/%s is there with another content (give another --name)"
                        % (target, name))
        self.replay(target, file)
        rows = load(self.manifest)
        rows["%s/%s" % (target, name)] = reason.strip()
        path.parent.mkdir(exist_ok=True)
        put(path, content)
        try:
            put(self.manifest, text_of(rows))
        except Wrong:
            path.unlink()
            raise
        print("corpus/fuzz/%s/%s: %d bytes" % (target, name, len(content)))

    def replay(self, target, file):
        """ctest replays the corpus: what fails still belongs to the findings."""
        program = self.root / "build" / "release" / target
        if not os.access(program, os.X_OK):
            print("%s is not built, so nobody tried the file on it"
                  % program.relative_to(self.root), file=sys.stderr)
            return
        done = subprocess.run([program, file], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        if done.returncode not in (0, 1) or b"\nfalsified: " in b"\n" + done.stderr:
            raise Wrong("%s still fails on %s; mend that first:\n%s"
                        % (target, file, done.stderr.decode(errors="replace")[:400]))

    def remove(self, target, name):
        self.known_target(target)
        if target in WRITTEN_BY:
            raise Wrong("corpus/fuzz/%s is written by %s" % (target, WRITTEN_BY[target]))
        rows = load(self.manifest)
        path = self.fuzz / target / name
        if rows.pop("%s/%s" % (target, name), None) is None and not path.exists():
            raise Wrong("no corpus/fuzz/%s/%s" % (target, name), 2)
        put(self.manifest, text_of(rows))
        path.unlink(missing_ok=True)
        print("corpus/fuzz/%s/%s is gone" % (target, name))


def main():
    parser = argparse.ArgumentParser(prog="scripts/corpus")
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check")
    add = commands.add_parser("add")
    add.add_argument("target")
    add.add_argument("file", type=pathlib.Path)
    add.add_argument("--reason", required=True)
    add.add_argument("--name")
    remove = commands.add_parser("remove")
    remove.add_argument("target")
    remove.add_argument("name")
    arguments = parser.parse_args()
    corpus = Corpus(arguments.root)
    try:
        if arguments.command == "check":
            corpus.check()
        elif arguments.command == "add":
            corpus.add(arguments.target, arguments.file, arguments.reason, arguments.name)
        else:
            corpus.remove(arguments.target, arguments.name)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(wrong.code)


if __name__ == "__main__":
    main()
