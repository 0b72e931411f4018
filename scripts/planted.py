"""Plants bugs into a copy of the readers and counts executions until a fuzz target finds each."""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

WORK = pathlib.Path("build/planted")
SOURCE = WORK / "source"
FOLDERS = ["cmake", "model", "harness", "fuzz", "corpus"]  # what the build of the targets reads
FILES = ["CMakeLists.txt", "CMakePresets.json"]
EXECUTIONS_MAX = 2_000_000
SECONDS_MAX = 300
INPUT_SECONDS_MAX = 5

Bug = collections.namedtuple("Bug", "name target file old new")

READER, AGREES = "fuzz_hdf5_reader", "fuzz_hdf5_differential"
LEGACY, WEIGHTS, DAMAGE = "fuzz_load_legacy_h5", "fuzz_load_weights_h5", "fuzz_damage"
H5 = "model/checkpoint/h5/"
BUGS = [
    # Memory: missing bounds, counts that are off by one, products that overflow, cycles.
    Bug("block-behind-the-file", READER, H5 + "image.cc",
        "if (address > end_ || size > end_ - address) {", "if (address > end_) {"),
    Bug("text-larger-than-its-heap", READER, H5 + "global_heap.cc",
        "const std::uint64_t left = size - at - kObjectHeadBytes;",
        "const std::uint64_t left = ~std::uint64_t{0} >> 1;"),
    Bug("last-chunk-one-too-long", READER, H5 + "chunks.cc",
        "std::min<std::uint64_t>(chunk_[d], static_cast<std::uint64_t>(shape_[d]) - at_[d]);",
        "std::min<std::uint64_t>(chunk_[d], static_cast<std::uint64_t>(shape_[d]) - at_[d] + 1);"),
    Bug("chunk-outside-its-dataset", READER, H5 + "chunks.cc",
        "const bool inside = i < rank_ ? at_[i] < static_cast<std::uint64_t>(shape_[i]) : at_[i] == 0;",
        "const bool inside = i < rank_ || at_[i] == 0;"),
    Bug("chunk-product-overflows", READER, H5 + "chunks.cc",
        "if (n == 0 || chunk_bytes_ > (std::uint64_t{1} << 32) / n) {", "if (n == 0) {"),
    Bug("shape-product-unchecked", READER, H5 + "dataset_storage.cc",
        "if (layout.size != bytes) {", "if (layout.size < bytes / 2) {"),
    Bug("free-list-goes-in-circles", READER, H5 + "group_index.cc",
        "blocks.size() >= data_.size() / kFreeBlockBytesMin) {", "false) {"),
    Bug("header-continues-in-itself", READER, H5 + "object_header.cc",
        'image_.Claim(address, size, "the continuation of an object header");',
        'image_.Peek(address, size, "the continuation of an object header");'),
    Bug("memory-before-the-check", READER, H5 + "chunks.cc",
        "if (chunk_bytes_ / ratio_max_ > image_.end()) {", "if (false) {"),
    Bug("heap-block-one-too-short", READER, H5 + "link_heap.cc",
        "size > block.bytes.size() - inside) {", "size > block.bytes.size() - inside + 1) {"),
    # Logic: what is read is not what the file says.
    Bug("name-behind-its-heap", AGREES, H5 + "group_index.cc",
        "if (at >= data_.size()) return std::nullopt;", "if (at > data_.size() + 64) return std::nullopt;"),
    Bug("chunk-checksum-skipped", AGREES, H5 + "chunks.cc",
        "if (verifies_ && sum.U32() != Fletcher32(covered)) {",
        "if (verifies_ && sum.U32() == ~Fletcher32(covered)) {"),
    Bug("header-checksum-skipped", AGREES, H5 + "object_header.cc",
        "if (stored.U32() == Lookup3(block.first(covered))) return {};",
        "if (stored.U32() + block.size() > 0) return {};"),
    Bug("rest-of-the-chunk-before", AGREES, H5 + "chunks.cc",
        "end == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;",
        "end == Z_STREAM_END && stream.avail_in == 0;"),
    Bug("shuffle-leaves-the-rest", AGREES, H5 + "chunks.cc",
        "std::ranges::copy(from.subspan(count * element),", "std::ranges::copy(from.last(0),"),
    Bug("chunk-row-from-the-shape", AGREES, H5 + "chunks.cc",
        "from = from * chunk_[d] + i[d];", "from = from * count[d] + i[d];"),
    Bug("fill-value-once", AGREES, H5 + "dataset_storage.cc",
        "for (std::uint64_t at = 0; at < bytes; at += fill.size()) {",
        "for (std::uint64_t at = 0; at < bytes; at += bytes) {"),
    # The loader: values in the wrong place, or not accounted for.
    Bug("one-dataset-for-two-variables", LEGACY, "model/checkpoint/match_ledger.cc",
        "if (!used_.insert(&dataset).second) {", "if (!used_.insert(&dataset).second && i == 0) {"),
    Bug("shape-by-count", LEGACY, "model/checkpoint/match_ledger.cc",
        "array.shape == model_->variables[static_cast<std::size_t>(index)]->shape;",
        "ElementCount(array.shape) ==\n             ElementCount(model_->variables[static_cast<std::size_t>(index)]->shape);"),
    Bug("tensors-left-over", WEIGHTS, "model/checkpoint/match_ledger.cc",
        "if (!options_.partial && !skipped_.contains(dataset)) {",
        "if (!options_.partial && path.size() < 9) {"),
    Bug("narrowed-without-a-word", DAMAGE, "model/checkpoint/match_ledger.cc",
        "!options_.allow_narrowing) {", "!options_.allow_narrowing && plan.shape.size() > 1) {"),
    Bug("class-of-a-name-ignored", DAMAGE, "model/checkpoint/match.cc",
        "if (!cls.empty() && cls != object.class_name && !SameContainer(cls, object.class_name)) {",
        "if (!cls.empty() && cls.size() == object.class_name.size() && cls != object.class_name) {"),
]


def planted(bug):
    """The file's text with the bug in it; None where the place is not there, or not once."""
    text = pathlib.Path(bug.file).read_text()
    return text.replace(bug.old, bug.new) if text.count(bug.old) == 1 else None


def check():
    stale = [bug for bug in BUGS if planted(bug) is None]
    for bug in stale:
        print(f"{bug.name}: {bug.file} does not hold this text once: {bug.old}", file=sys.stderr)
    print(f"{len(BUGS) - len(stale)} of {len(BUGS)} bugs fit the source")
    return 1 if stale else 0


def put(path, text):
    """Only what differs is written, so that only that is built."""
    if not path.exists() or path.read_bytes() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def copy_source():
    due = set()
    for line in subprocess.run(["git", "ls-files", "-z", *FOLDERS, *FILES], check=True,
                               capture_output=True).stdout.split(b"\0"):
        name = line.decode()
        if name and pathlib.Path(name).exists():
            due.add(name)
            put(SOURCE / name, pathlib.Path(name).read_bytes())
    for folder in FOLDERS:
        for path in (SOURCE / folder).rglob("*"):
            if path.is_file() and str(path.relative_to(SOURCE)) not in due:
                path.unlink()


def run(command, log):
    environment = dict(os.environ, CCACHE_BASEDIR=str(SOURCE.absolute()), CCACHE_NOHASHDIR="1")
    with open(log, "ab") as out:
        if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          env=environment).returncode:
            sys.exit(f"{' '.join(map(str, command))} failed; see {log}")


def build(target):
    log = WORK / "build.log"
    if not (SOURCE / "build/fuzz/build.ninja").exists():
        run(["cmake", "--preset", "fuzz", "-S", SOURCE], log)
    run(["ninja", "-C", SOURCE / "build/fuzz", target], log)
    return SOURCE / "build/fuzz" / target


def executions(program, bug, seed, seeds, only_bytes):
    """How many until it is found; None when it is not."""
    environment = dict(os.environ, WEIGHTPROOF_MUTATION="bytes" if only_bytes else "")
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        corpus = pathlib.Path(folder) / "corpus"
        shutil.copytree(seeds, corpus)
        dictionary = subprocess.run(["scripts/fuzz_seeds", "--dictionary", bug.target], check=True,
                                    capture_output=True, text=True).stdout.strip()
        with open(WORK / "run.log", "wb") as log:
            code = subprocess.run(
                [program, f"-runs={EXECUTIONS_MAX}", f"-max_total_time={SECONDS_MAX}",
                 f"-timeout={INPUT_SECONDS_MAX}", "-rss_limit_mb=4096", "-max_len=65536",
                 f"-seed={seed}", f"-artifact_prefix={folder}/", f"-dict={dictionary}",
                 "-print_final_stats=1", corpus],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=environment).returncode
        text = (WORK / "run.log").read_text(errors="replace")
        if code == 0:
            return None
        counts = re.findall(r"^stat::number_of_executed_units: *(\d+)", text, re.M)
        if not counts:
            sys.exit(f"{bug.name}: {program.name} ended with {code} and no count; "
                     f"see {WORK / 'run.log'}")
        return int(counts[-1])


def measure(bug, seeds_count, only_bytes):
    path, sound = SOURCE / bug.file, pathlib.Path(bug.file).read_bytes()
    put(path, planted(bug).encode())
    try:
        program = build(bug.target)
        with tempfile.TemporaryDirectory(dir=WORK) as seeds:
            subprocess.run(["scripts/fuzz_seeds", bug.target, seeds], check=True)
            return [executions(program, bug, seed, seeds, only_bytes)
                    for seed in range(1, seeds_count + 1)]
    finally:
        put(path, sound)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bugs", nargs="*", help="names; default: all")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--bytes", action="store_true", help="without the targets' own mutators")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    unknown = set(options.bugs) - {bug.name for bug in BUGS}
    if unknown:
        print(f"scripts/planted: no such bug: {', '.join(sorted(unknown))}; there are "
              f"{', '.join(bug.name for bug in BUGS)}", file=sys.stderr)
        return 2
    if check():
        return 1
    if options.check:
        return 0
    WORK.mkdir(parents=True, exist_ok=True)
    copy_source()
    results_file = WORK / ("results-bytes.json" if options.bytes else "results.json")
    results = json.loads(results_file.read_text()) if results_file.exists() else {}
    missed = 0
    for bug in BUGS:
        if options.bugs and bug.name not in options.bugs:
            continue
        counts = results.get(bug.name, [])
        if options.again or len(counts) < options.seeds:
            counts = measure(bug, options.seeds, options.bytes)
            results[bug.name] = counts
            results_file.write_text(json.dumps(results, indent=1) + "\n")
        found = [n for n in counts if n is not None]
        missed += len(found) < len(counts)
        median = f"median of {statistics.median(found):,.0f} executions" if found else "never"
        print(f"{bug.name:30} {bug.target:24} {len(found)} of {len(counts)} seeds, {median}",
              flush=True)
    print("all found" if not missed else f"{missed} missed in some seed or in all")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
