"""The writing behind scripts/findings_page: FINDINGS.md and corpus/known/LIBRARY-VERSION/*.py out of
the folders that `weightproof known -o` made, a folder for each library."""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TITLES = {"keras": "Keras", "tf_keras": "tf-keras"}
SECURITY = {"crash", "hang", "unbounded", "escape"}  # the page names their clause, nothing more
SCRIPT_LINES_MAX = 40


def findings(folder):
    """The findings of one library, in the order of the page."""
    found = []
    for path in sorted(folder.glob("*/finding.json")):
        one = json.loads(path.read_text())
        one["id"] = path.parent.name
        if not one.get("reproduced"):
            sys.exit(f"{path}: its script shows nothing: {one.get('reproduction')}")
        one["script"] = (path.parent / "reproduce.py").read_text()
        if one["script"].count("\n") > SCRIPT_LINES_MAX:
            sys.exit(f"{path.parent}: a script of over {SCRIPT_LINES_MAX} lines")
        found.append(one)
    return sorted(found, key=lambda one: (one["clause"], one["cause"], one["features"]))


def kept_back(name, version):
    """What `weightproof known` writes no folder for, as its maintainers are told first."""
    table = json.loads((ROOT / "corpus" / "known" / f"{name}-{version}.json").read_text())
    return sorted({one["clause"] for one in table["findings"] if one["severity"] in SECURITY})


def quoted(text):
    return "\n".join("> " + line for line in text.strip().splitlines())


def one_line(text):
    """Without line breaks, and without the folder in which this run played the case."""
    return re.sub(r"/\S*weightproof\.\w{6}/[^/\s]+/", "", " ".join(text.split()))


def cell(text):
    return one_line(text).replace("|", "\\|")


def violation(number, cases, folder):
    """One sentence, and every way known in which it is broken."""
    sentence = cases[0]["sentence"]
    text = (f"{number}. **`{sentence['object']}`** says\n\n"
            + "\n".join("   " + line for line in quoted(sentence["quote"]).splitlines()) + "\n")
    why = None
    for one in sorted(cases, key=lambda one: one["sentence"]["why"]):
        if one["sentence"]["why"] != why:
            why = one["sentence"]["why"]
            text += f"\n   It is broken: {one_line(why)}.\n"
        needs = ", ".join(one["features"]) or "nothing special"
        text += (f"   - {one_line(one['evidence'])} (needs {needs}; {', '.join(one['formats'])}; "
                 f"[script]({folder}/{one['id']}.py))\n")
    return text


def by_sentence(found):
    groups = {}
    for one in found:
        if "sentence" in one:
            sentence = one["sentence"]
            groups.setdefault((sentence["object"], sentence["quote"]), []).append(one)
    return list(groups.values())


def hazard(number, one, folder):
    needs = ", ".join(one["features"]) or "nothing special"
    link = f"[script]({folder}/{one['id']}.py)"
    return (f"| {number} | {one['clause']}, {one['severity']} | {cell(one['evidence'])} | {cell(needs)} "
            f"| {', '.join(one['formats'])} | {link} |")


def page(libraries):
    bugs = sum(len(by_sentence(found)) for _, _, found in libraries)
    hazards = sum("sentence" not in one for _, _, found in libraries for one in found)
    text = ["# What weightproof has found in real loaders", "",
            f"**{bugs} violations of documented loading promises and {hazards} hazards** in "
            + " and ".join(f"{TITLES[name]} {version}" for name, version, _ in libraries)
            + ", each with a script of at most 40 lines of plain Keras that shows it.", "",
            "A *violation* breaks a sentence of that very version's documentation, quoted here word for",
            "word; one sentence is counted once, with a script for each way known that leads there. A *hazard* breaks none:",
            "silence, or a half-loaded model, where [the contract](README.md#what-a-loader-is-held-to) would",
            "have the loader speak or refuse. `scripts/findings_page` wrote this page: it played every case",
            "again and ran every script in a process of its own. A script exits with status 1 while it shows",
            "what it is about. The cases are in `corpus/known`; `scripts/check --testee keras` replays them",
            "first, and fails when one no longer happens or a new one does.", ""]
    for name, version, found in libraries:
        folder = f"corpus/known/{name}-{version}"
        broken = by_sentence(found)
        others = [one for one in found if "sentence" not in one]
        text += [f"## {TITLES[name]} {version}", "",
                 f"### Violations of its documentation ({len(broken)})", ""]
        text += [violation(number, cases, folder) for number, cases in enumerate(broken, 1)]
        text += [f"### Hazards ({len(others)})", "",
                 "| | clause | what happens | needs | formats | |", "|---|---|---|---|---|---|"]
        text += [hazard(number, one, folder) for number, one in enumerate(others, 1)]
        text += [""]
        back = kept_back(name, version)
        if back:
            text += ["Kept back until its maintainers have had time: " + ", ".join(back) + ".", ""]
    return "\n".join(text).rstrip() + "\n"


def main():
    source = pathlib.Path(sys.argv[1])
    checking = sys.argv[2:] == ["--check"]
    libraries = []
    wanted = {}
    for name in TITLES:
        found = findings(source / name)
        versions = {one["version"] for one in found}
        if len(versions) != 1:
            sys.exit(f"{source / name}: findings of {len(versions)} versions")
        libraries.append((name, versions.pop(), found))
        folder = ROOT / "corpus" / "known" / f"{name}-{libraries[-1][1]}"
        wanted |= {folder / f"{one['id']}.py": one["script"] for one in found}
    wanted[ROOT / "FINDINGS.md"] = page(libraries)
    stale = [path for name, version, _ in libraries
             for path in (ROOT / "corpus" / "known" / f"{name}-{version}").glob("*.py")
             if path not in wanted]
    if checking:
        other = [path for path, text in wanted.items()
                 if not path.exists() or path.read_text() != text] + stale
        if other:
            sys.exit("not what scripts/findings_page would write: "
                     + ", ".join(str(path.relative_to(ROOT)) for path in other))
        print(f"{len(wanted)} files are what was played")
        return
    for path in stale:
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    print(f"{len(wanted)} files written")


if __name__ == "__main__":
    main()
