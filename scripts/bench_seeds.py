"""The measuring behind `scripts/bench seeds`: in how many of several campaigns on a real loader, each
with another seed and with nothing known beforehand, every cause is found."""

import hashlib
import json
import pathlib
import subprocess
import sys

PROGRAM = pathlib.Path("build/release/weightproof")
OUT = pathlib.Path("build/bench")
MINUTES = 10


def digest():
    """What decides a campaign beside its seed: the program and the workers that it starts."""
    parts = [PROGRAM, *sorted(pathlib.Path("harness/workers").glob("*.py"))]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def campaign(library, seed):
    """The summary of one campaign. One of the same program that ran to its end is not run again."""
    folder = OUT / "seeds" / f"{library}-{seed}"
    summary, made_by = folder / "summary.json", folder / "program"
    if summary.exists() and made_by.exists() and made_by.read_text() == digest():
        return json.loads(summary.read_text())
    folder.mkdir(parents=True, exist_ok=True)
    summary.unlink(missing_ok=True)
    made_by.write_text(digest())
    command = [PROGRAM, "check", "--testee", library, "--time", f"{MINUTES}m", "--seed", str(seed),
               "--known", "none", "--json", summary, "--corpus", folder / "findings"]
    with open(folder / "log", "w") as log:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log,
                              stderr=subprocess.STDOUT).returncode
    if code not in (0, 1) or not summary.exists():
        sys.exit(f"{' '.join(map(str, command))}: exit code {code}; see {folder / 'log'}")
    return json.loads(summary.read_text())


def cause(finding):
    """A bug is told by its sentence, a hazard by its clause, both by what went wrong."""
    sentence = finding["sentence"]["id"] if finding["bug"] else ""
    return sentence, finding["clause"], finding["cause"]


def main():
    library, seeds = sys.argv[1], int(sys.argv[2])
    found = {}
    for seed in range(1, seeds + 1):
        run = campaign(library, seed)
        causes = {cause(one) for one in run["findings"]}
        for one in causes:
            found.setdefault(one, []).append(seed)
        print(f"seed {seed}: {run['cases']} cases in {run['seconds']:.0f} s, {len(causes)} causes, "
              f"{sum(bool(one[0]) for one in causes)} of them against a sentence; "
              f"{len(run['unreproduced'])} whose script showed nothing, "
              f"{run['not_looked_into']} not looked into", flush=True)
    rows = sorted(found.items(), key=lambda row: (not row[0][0], -len(row[1]), row[0]))
    print(f"\n{library}: {sum(bool(one[0]) for one, _ in rows)} causes against a sentence, "
          f"{sum(not one[0] for one, _ in rows)} hazards, with {seeds} seeds of {MINUTES} minutes")
    for (sentence, clause, what), runs in rows:
        print(f"{len(runs)}/{seeds}  {clause}: {what}" + (f" ({sentence})" if sentence else ""))
    (OUT / f"seeds_{library}.json").write_text(json.dumps(
        [{"sentence": sentence, "clause": clause, "cause": what, "seeds": runs}
         for (sentence, clause, what), runs in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
