"""Holds corpus_files.py to what it says, on a corpus of three files."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parent / "corpus_files.py"


class CorpusFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        for name, text in {
                "fuzz/fuzz_one.cc": "", "fuzz/fuzz_two.cc": "",
                "corpus/fuzz/fuzz_one/a.json": "{}", "corpus/fuzz/fuzz_two/a.json": "{}",
                "corpus/fuzz/manifest.json": json.dumps(
                    {"fuzz_one/a.json": "an empty object", "fuzz_two/a.json": "an empty object"}),
                "corpus/cases/c.json": "{}",
                "corpus/manifest.json": json.dumps(
                    {"files": {"cases/c.json": {"reason": "a case of nothing"}}})}.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run_it(self, *arguments):
        done = subprocess.run([sys.executable, PROGRAM, "--root", self.root, *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def rows(self):
        return json.loads((self.root / "corpus/fuzz/manifest.json").read_text())

    def refused(self, code, word, *arguments):
        before = {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}
        returned, text = self.run_it(*arguments)
        self.assertEqual(returned, code, text)
        self.assertIn(word, text)
        after = {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}
        self.assertEqual(before, after)

    def test_a_sound_corpus_passes(self):
        code, text = self.run_it("check")
        self.assertEqual(code, 0, text)
        self.assertIn("2 inputs of 2 targets", text)

    def test_check_names_what_is_wrong(self):
        for name, text, word in [
                ("corpus/fuzz/fuzz_one/b.json", "[]", "fuzz_one/b.json is in no row"),
                ("corpus/fuzz/fuzz_one/c.json", "{}", "c.json is the same as fuzz_one/a.json"),
                ("corpus/fuzz/fuzz_three/a", "x", "fuzz_three/a is in no target's folder"),
                ("corpus/fuzz/fuzz_one/big", "x" * 70000, "fuzz_one/big has 70000 bytes"),
                ("corpus/cases/d.json", "{}", "cases/d.json is the same as cases/c.json"),
                ("corpus/cases/e.json", "[]", "cases/e.json is not in corpus/manifest.json")]:
            path = self.write(name, text)
            self.refused(1, word, "check")
            path.unlink()
        (self.root / "corpus/fuzz/fuzz_two/a.json").unlink()
        self.refused(1, "fuzz_two/a.json is not there", "check")

    def test_check_wants_a_reason_and_a_sound_manifest(self):
        self.write("corpus/fuzz/manifest.json", '{"fuzz_one/a.json": "x", "fuzz_two/a.json": "y"}')
        self.refused(1, "fuzz_one/a.json has no reason", "check")
        self.write("corpus/fuzz/manifest.json", '{"a": "b",\n "a": "c"}')
        self.refused(1, "a stands there twice", "check")
        self.write("corpus/fuzz/manifest.json", '{\n"a"}')
        self.refused(1, "manifest.json:2:4: no JSON", "check")

    def test_add_takes_a_file_in_with_its_reason(self):
        file = self.write("found/crash-" + "0" * 40, '{"a": 1}')
        code, text = self.run_it("add", "fuzz_one", str(file),
                                 "--reason", "A list, where text is due")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.rows()["fuzz_one/a-list-where-text-is-due.json"],
                         "A list, where text is due")
        self.assertEqual(self.run_it("check")[0], 0)
        self.assertEqual(self.run_it("remove", "fuzz_one", "a-list-where-text-is-due.json")[0], 0)
        self.assertEqual(len(self.rows()), 2)
        self.assertEqual(self.run_it("check")[0], 0)

    def test_add_refuses_and_leaves_all_as_it_was(self):
        same = str(self.write("found/b.json", "{}"))
        other = str(self.write("found/a.json", "[1]"))
        reason = ["--reason", "a reason of some words"]
        self.refused(1, "already there: corpus/fuzz/fuzz_one/a.json",
                     "add", "fuzz_one", same, *reason)
        self.refused(1, "another content", "add", "fuzz_one", other, *reason)
        self.refused(2, "no target fuzz_three", "add", "fuzz_three", other, *reason)
        self.refused(2, "no plain file name", "add", "fuzz_one", other, *reason, "--name", "../x")
        self.refused(2, "in a few words why", "add", "fuzz_one", other, "--reason", "x")
        self.refused(2, "absent", "add", "fuzz_one", "absent", *reason)
        self.refused(2, "--reason", "add", "fuzz_one", other)

    def test_add_refuses_what_still_fails(self):
        program = self.write("build/release/fuzz_one",
                             "#!/bin/sh\necho 'falsified: x (y)' >&2\nkill -ABRT $$\n")
        program.chmod(0o755)
        file = str(self.write("found/b.json", "[2]"))
        self.refused(1, "still fails", "add", "fuzz_one", file,
                     "--reason", "a reason of some words")


if __name__ == "__main__":
    unittest.main()
