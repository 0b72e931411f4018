"""The measuring behind scripts/bench; see there."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

PROGRAM = "build/release/weightproof"
ROUND_TRIPS = "build/release/weightproof_campaign_bench"
OUT = pathlib.Path("build/bench")
FAULT_CASES = (25, 150, 2000)  # the same seed draws the same cases, so most need not go on


def check(*arguments):
    """The JSON of one campaign; its findings stay in the folder that comes with it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="campaign.", dir=OUT))
    report = folder / "report.json"
    command = [PROGRAM, "check", "--json", str(report), "--corpus", str(folder / "findings"),
               *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode not in (0, 1) or not report.exists():
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    return json.loads(report.read_text()), folder


def write(name, figures):
    (OUT / f"{name}.json").write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")


def round_trips():
    """Round trips a second of processor time by format: save, load, compare, with the harness's own
    work around them, over 200 cases each."""
    command = [ROUND_TRIPS, "--benchmark_repetitions=5", "--benchmark_format=json"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    formats = {}
    for one in json.loads(done.stdout)["benchmarks"]:
        if one["run_type"] == "iteration":
            row = formats.setdefault(one["name"].split("/")[1], {"rates": []})
            row["rates"].append(one["items_per_second"])
            row.update(layers=one["weighted_layers"], where=one["label"])
    for name, row in formats.items():
        print(f"{name:24} median {statistics.median(row['rates']):8.0f}   of "
              + " ".join(f"{rate:.0f}" for rate in row["rates"])
              + f"   round trips a second and core, {row['layers']:.1f} layers with weights, "
              + row["where"])
    return formats


def throughput(cases):
    by_format = round_trips()
    runs = [check("--cases", str(cases), "--seed", str(seed), "--jobs", "1")[0]
            for seed in (1, 2, 3)]
    rows = {"cases per second": [run["cases"] / run["seconds"] for run in runs],
            "round trips per second": [run["round_trips"] / run["worker_wall_seconds"]
                                       for run in runs],
            "per processor second": [run["round_trips"] / run["worker_seconds"] for run in runs]}
    for name, values in rows.items():
        print(f"{name:24} median {statistics.median(values):8.0f}   of "
              + " ".join(f"{value:.0f}" for value in values))
    for name in sorted(runs[0]["formats"]):
        formats = [run["formats"][name] for run in runs if name in run["formats"]]
        seen = sum(one["cases"] for one in formats)
        undetectable = sum(one["undetectable"] for one in formats)
        print(f"{name:24} {seen} cases, {100 * undetectable / max(1, seen):.2f} % undetectable")
    print(f"{'power':24} {100 * statistics.mean(run['power'] for run in runs):.1f} %")
    write("throughput", {**rows, "cases": cases, "by_format": by_format, "formats": [run["formats"] for run in runs]})


def weighted_layers(case):
    weightless = {"Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "Flatten", "Reshape",
                  "Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout",
                  "ActivityRegularization"}
    return [layer for layer in case["architecture"]["layers"]
            if layer["class"] not in weightless and "Pooling" not in layer["class"]]


def try_fault(fault, seed):
    """What one campaign with one seed made of one planted fault."""
    found = []
    for cases in FAULT_CASES:
        report, folder = check("--testee", fault["name"], "--cases", str(cases),
                               "--seed", str(seed), "--jobs", "1")
        found = [one for one in report["findings"] if one["clause"] == fault["clause"]]
        if found:
            break
    if not found:
        return {"seed": seed, "caught": False}
    first = min(found, key=lambda one: one["index"])
    case = json.loads((folder / first["case"]).read_text())
    steps = sum(len(case[side]["build"]) for side in ("writer", "reader"))
    return {"seed": seed, "caught": True, "cases": first["index"] + 1,
            "layers": len(case["architecture"]["layers"]), "weighted": len(weighted_layers(case)),
            "steps": steps, "damage": len(case.get("damage", []))}


def faults(seeds):
    listed = json.loads(subprocess.run([PROGRAM, "testees", "--json"], check=True,
                                       stdout=subprocess.PIPE, text=True).stdout)
    listed = [one for one in listed if one["name"].startswith("fault:")]
    if len(listed) < 30:
        sys.exit(f"only {len(listed)} planted faults")
    # An hour of work: what an earlier run measured of this very program is not measured again.
    program = hashlib.sha256(pathlib.Path(PROGRAM).read_bytes()).hexdigest()
    kept = json.loads((OUT / "faults.json").read_text()) if (OUT / "faults.json").exists() else {}
    figures = kept.get("faults", {}) if kept.get("program") == program else {}
    missed = []
    print(f"{'fault':44}{'caught':>8}{'median':>8}{'worst':>7}   largest shrunk: "
          "layers, steps, damage")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for fault in listed:
            done = {run["seed"]: run for run in figures.get(fault["name"], [])}
            todo = [seed for seed in range(1, seeds + 1) if seed not in done]
            for run in pool.map(lambda seed, one=fault: try_fault(one, seed), todo):
                done[run["seed"]] = run
            runs = [done[seed] for seed in range(1, seeds + 1)]
            caught = [run for run in runs if run["caught"]]
            figures[fault["name"]] = list(done.values())
            write("faults", {"program": program, "faults": figures})
            if len(caught) < len(runs):
                missed.append(fault["name"])
            if not caught:
                print(f"{fault['name']:44}{'0/' + str(len(runs)):>8}")
                continue
            count = [run["cases"] for run in caught]
            largest = [max(run[key] for run in caught) for key in ("layers", "steps", "damage")]
            print(f"{fault['name']:44}{f'{len(caught)}/{len(runs)}':>8}"
                  f"{statistics.median(count):>8.0f}{max(count):>7}   {largest}", flush=True)
    if missed:
        sys.exit("not caught with every seed: " + ", ".join(missed))


def side_by_side(library, cases, processes, seconds, seed):
    """Loads a second of a plain loop in so many processes, and at the same time, so that both have
    the same of the machine, loads judged a second by a campaign with as many workers, control arms
    included, as a user runs it: with what is known of the library. Neither's start is counted."""
    python = f"build/venv/{library}/bin/python"
    campaign = pathlib.Path(tempfile.mkdtemp(prefix="campaign.", dir=OUT))
    gate, report = campaign / "gate", campaign / "report.json"
    loops = [subprocess.Popen([python, "scripts/plain_loop.py", "--library", library, "--cases",
                               str(cases), "--part", str(i), str(processes), "--seconds",
                               str(seconds), "--gate", str(gate)],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
             for i in range(processes)]
    for loop in loops:
        if loop.stdout.readline() != "ready\n":
            sys.exit("the plain loop did not start")
    ours = subprocess.Popen([PROGRAM, "check", "--testee", library, "--jobs", str(processes),
                             "--time", str(seconds + 10), "--seed", str(seed), "--shrink-time", "0",
                             "--json", str(report), "--corpus", str(campaign / "findings")],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)
    for line in ours.stderr:  # a line every ten seconds; those of the replay of what is known first
        if line.startswith("cases"):
            gate.touch()
    ends = [json.loads(loop.communicate()[0]) for loop in loops]
    if ours.wait() not in (0, 1):
        sys.exit("the campaign failed")
    run = json.loads(report.read_text())
    return (sum(end["loads"] / end["seconds"] for end in ends),
            run["round_trips"] / run["worker_wall_seconds"] * processes)


def loads(seconds, library):
    """Ours beside a plain loop over cases of the same kind, with one process each and with two."""
    python = pathlib.Path(f"build/venv/{library}/bin/python").absolute()
    os.environ.setdefault(f"WEIGHTPROOF_{library.upper()}_PYTHON", str(python))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="loads.", dir=OUT))
    subprocess.run([PROGRAM, "generate", "--count", "800", "-o", str(folder), "--testee", library],
                   check=True, stdout=subprocess.DEVNULL)
    rows = {}
    for turn in range(3):
        for processes in (1, 2):
            pair = side_by_side(library, folder, processes, seconds, turn + 1)
            rows.setdefault(processes, []).append(pair)
            print(f"{library}, {processes} process{'es' if processes > 1 else ''} each: plain loop "
                  f"{pair[0]:.1f}, judged {pair[1]:.1f} loads a second, {pair[1] / pair[0]:.2f} times",
                  flush=True)
    for processes, pairs in rows.items():
        ratio = statistics.median(ours / plain for plain, ours in pairs)
        print(f"{processes} against {processes}: median {ratio:.2f} times; against one plain loop, "
              f"a core for each: {processes * ratio:.2f} times")
    write("loads_" + library, {"library": library, "seconds": seconds, "plain_and_judged": rows})


if __name__ == "__main__":
    what, number = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None
    if what == "loads":
        loads(number or 60, sys.argv[3] if len(sys.argv) > 3 else "keras")
        sys.exit(0)
    if what == "throughput":
        throughput(number or 5000)
    else:
        faults(number or 20)
