"""Holds the strict HDF5 reader against the HDF5 library on files that h5py writes.

    compare_hdf5.py --program weightproof_hdf5_compare [--files FOLDER]

Makes the files of scripts/hdf5_files.py in a temporary folder, or takes the *.h5 of FOLDER. Fails
where the strict reader accepts what the library refuses, reads otherwise or is harmed by, and where
it accepts or refuses against the folder's expected.tsv.
"""

import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
FILES_AT_ONCE = 200
FINDINGS = {"DIFFER", "LAXER", "HARMED-BY-ACCEPTED"}


def compared(program, files):
    """Rows of the program: agreement, file, and what each reader says."""
    for begin in range(0, len(files), FILES_AT_ONCE):
        done = subprocess.run([program, *files[begin:begin + FILES_AT_ONCE]],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode not in (0, 1):
            sys.exit(f"{program}: exit code {done.returncode}\n{done.stderr[-2000:]}")
        for line in done.stdout.splitlines():
            yield line.split("\t")


def expectations(folder):
    """accept, refuse or either, by file name."""
    path = folder / "expected.tsv"
    if not path.exists():
        return {}
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return {row[0]: row[1] for row in rows}


def compare(program, folder):
    expected = expectations(folder)
    files = sorted(str(path) for path in folder.rglob("*.h5"))
    counts, wrong = collections.Counter(), []
    for row in compared(program, files):
        agreement, file = row[:2]
        counts[agreement] += 1
        accepted = agreement in FINDINGS or agreement == "same"
        want = expected.get(pathlib.Path(file).name, "either")
        if agreement in FINDINGS or (want != "either" and (want == "accept") != accepted):
            wrong.append(f"expected: {want}\t" + "\t".join(row))
    print(", ".join(f"{name}: {n}" for name, n in sorted(counts.items())), f"of {len(files)} files")
    if not counts["same"]:
        sys.exit("no file was accepted: nothing was compared")
    if wrong:
        sys.exit("\n".join(wrong[:20]) + f"\n{len(wrong)} wrong")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--files", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.files:
        compare(arguments.program, arguments.files)
        return
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "files"
        writer = pathlib.Path(__file__).with_name("hdf5_files.py")
        subprocess.run([sys.executable, "-B", str(writer), str(made)], check=True)
        compare(arguments.program, made)


if __name__ == "__main__":
    main()
