"""A short campaign on a real loader, as a test: PROGRAM TESTEE CASES.

Findings are no failure here. What is: a harness error, a worker that answers nothing usable, nothing that
held, a case that is unsupported without a name.
"""

import json
import pathlib
import subprocess
import sys
import tempfile


def faults(code, summary, cases):
    clauses = summary["verdicts"]
    if code not in (0, 1):
        yield "exit code %d" % code
    if summary["cases"] < cases:
        yield "%d cases, asked for %d" % (summary["cases"], cases)
    if clauses.get("harness_error"):
        yield "%d harness errors" % clauses["harness_error"]
    if not clauses.get("held"):
        yield "nothing held: the loader never did anything right"


def main():
    program, testee, cases = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "summary.json")
        done = subprocess.run(
            [program, "check", "--testee", testee, "--cases", str(cases), "--jobs", "1", "--json",
             str(out), "--corpus", folder], capture_output=True, text=True, check=False)
        print(done.stdout + done.stderr)
        wrong = (list(faults(done.returncode, json.loads(out.read_text()), cases))
                 if out.exists() else ["no summary, exit code %d" % done.returncode])
    print("\n".join(wrong) or "%s played %d cases" % (testee, cases))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
