#!/usr/bin/env bash
# Fuzzing throughput: the strict reader of this repository with address and undefined-behaviour
# sanitizers, built as the preset "fuzz" does, against the HDF5 library built for fuzzing:
#   scripts/bench_hdf5_fuzzing [RUNS]     executions a round (default 2000 by the library, 10 times
#                                         as many by the strict reader)
# All read one whole file that Keras wrote, again and again, in five rounds that alternate. A row
# each: executions per second of the rounds, their median, and the strict reader's ratio to it.
#   library           Debian's sources, static, -O2, no assertions, the address sanitizer alone;
#                     library and property list stay open, the file image is not copied
#   library, patched  besides: no tracing of comparisons, and a metadata cache of 4,096 buckets
#                     instead of 65,536, which are cleared at each opening
# Every program runs without a quarantine, stacks of allocations and filled memory; the last row is
# the strict reader with the sanitizers' own settings. Everything is built in build/h-COV-bench.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

file=corpus/golden/tf_keras-026/legacy.h5
rounds=5
runs=${1:-2000}
[[ $# -le 1 && $runs =~ ^[1-9][0-9]*$ ]] || status=2 die "usage: scripts/bench_hdf5_fuzzing [RUNS]"

need_packages "${packages_build[@]}" "${packages_clang[@]}"
bench=$PWD/build/h-COV-bench
mkdir -p "$bench"
quietly() {
  "$@" >"$bench/log" 2>&1 || {
    tail -n 40 "$bench/log" >&2
    die "failed: $*"
  }
}

# build_library NAME FLAG...: from $bench/source, once for these flags.
build_library() {
  local folder=$bench/$1 key="${original##*/} $*"
  [[ ! -f $folder.key || $(<"$folder.key") != "$key" ]] || return 0
  say "building the HDF5 library (\"$1\") with clang-19: some minutes"
  rm -rf "$folder" "$folder.key"
  mkdir "$folder"
  cd "$folder" # 1.10 leaves the results of its try-runs where it is configured from
  quietly cmake -G Ninja "$bench/source-$1" -DCMAKE_C_COMPILER=clang-19 -DCMAKE_BUILD_TYPE=None \
    -DBUILD_SHARED_LIBS=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_TESTING=OFF -DHDF5_BUILD_TOOLS=OFF \
    -DHDF5_BUILD_EXAMPLES=OFF -DHDF5_BUILD_HL_LIB=OFF -DHDF5_BUILD_CPP_LIB=OFF \
    -DHDF5_BUILD_FORTRAN=OFF -DHDF5_BUILD_JAVA=OFF -DHDF5_ENABLE_SZIP_SUPPORT=OFF \
    -DHDF5_ENABLE_Z_LIB_SUPPORT=ON -DHDF5_ENABLE_EMBEDDED_LIBINFO=OFF \
    -DCMAKE_C_FLAGS="-w -O2 -DNDEBUG ${*:2} -Wno-error=implicit-int" \
    -DCMAKE_EXE_LINKER_FLAGS=-fsanitize=address
  quietly ninja hdf5-static
  cd "$OLDPWD"
  printf '%s\n' "$key" >"$folder.key"
}

original=$PWD/$(scripts/hdf5_source)
sanitizers=(-fsanitize=address -fsanitize=fuzzer-no-link)
untraced=-fno-sanitize-coverage=trace-cmp
ln -sfn "$original" "$bench/source-library"
if [[ ! -d $bench/source-patched ]]; then
  rm -rf "$bench/copy"
  cp -a "$original" "$bench/copy"
  sed -i -E 's/^(#define +H5C__HASH_TABLE_LEN +)\(64 \* 1024\)/\14096/' "$bench/copy/src/H5Cpkg.h"
  grep -qE '^#define +H5C__HASH_TABLE_LEN +4096' "$bench/copy/src/H5Cpkg.h" ||
    die "the size of the cache's table stands elsewhere in these sources"
  mv "$bench/copy" "$bench/source-patched"
fi
build_library library "${sanitizers[@]}"
build_library patched "${sanitizers[@]}" "$untraced"

# The body of fuzz_hdf5_reader over either reader, with what it needs of this repository.
cat >"$bench/target.cc" <<'EOF'
#include <cstdint>
#include <cstdlib>
#include <span>

#include "harness/properties/hdf5_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weightproof;
  Hdf5Readers readers;
#ifdef BY_LIBRARY
  readers.strict = readers.library;
#endif
  const Hdf5ReadingResult result = CheckHdf5Reading(std::as_bytes(std::span(data, size)), readers);
  if (result.verdict.kind == VerdictKind::kFalsified || !result.accepted) std::abort();
  return 0;
}
EOF
mapfile -t sources < <(find model/checkpoint/h5 model/checkpoint -maxdepth 1 -name '*.cc' \
  ! -name '*_test.cc' \( -path '*/h5/*' -o -name 'hdf5*' -o -name tree.cc \) | sort -u)
sources+=("$bench/target.cc" harness/properties/hdf5_reading.cc model/{error,tensor,digest}.cc)
# As the preset "fuzz" has it.
quietly clang++-19 -std=c++23 -O1 -gline-tables-only -fsanitize=address,undefined,fuzzer \
  -fno-omit-frame-pointer -fno-sanitize-recover=all -I. -isystem /usr/include/hdf5/serial \
  "${sources[@]}" -lhdf5_serial -lcrypto -lz -o "$bench/strict_target"
link_library() {
  quietly clang++-19 -std=c++23 -O2 -DNDEBUG -DBY_LIBRARY -fsanitize=address,fuzzer "${@:2}" -I. \
    -isystem "$bench/source-$1/src" -isystem "$bench/$1/src" "${sources[@]}" \
    "$bench/$1"/bin/libhdf5*.a -lcrypto -lz -ldl -lm -o "$bench/$1_target"
}
link_library library
link_library patched "$untraced"

fast=quarantine_size_mb=0:thread_local_quarantine_size_kb=0:malloc_context_size=0
fast+=:max_malloc_fill_size=0:detect_stack_use_after_return=0:detect_leaks=0
fast+=:allocator_release_to_os_interval_ms=-1

# per_second PROGRAM RUNS: executions per second, by libFuzzer's own clock.
per_second() {
  quietly "$1" -runs="$2" -detect_leaks=0 "$file"
  awk -v runs="$2" '/^Executed .* in [0-9]+ ms/ { printf "%.0f\n", runs * 1000 / $(NF - 1) }' "$bench/log"
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

library=() patched=() strict=() unset=()
for ((round = 0; round < rounds; ++round)); do
  library+=("$(ASAN_OPTIONS=$fast per_second "$bench/library_target" "$runs")")
  strict+=("$(ASAN_OPTIONS=$fast per_second "$bench/strict_target" $((10 * runs)))")
  patched+=("$(ASAN_OPTIONS=$fast per_second "$bench/patched_target" "$runs")")
  unset+=("$(per_second "$bench/strict_target" $((10 * runs)))")
done
reader=$(median "${strict[@]}")
row() {
  local middle
  middle=$(median "${@:2}")
  printf '%s\t%s\t%s\t%s\n' "$1" "${*:2}" "$middle" \
    "$(awk -v a="$reader" -v b="$middle" 'BEGIN { printf "%.1f", a / b }')"
}
echo "$file, $(stat -c %s "$file") bytes, ${original##*/}: executions per second, median, ratio"
row "strict reader" "${strict[@]}"
row "library" "${library[@]}"
row "library, patched" "${patched[@]}"
row "strict reader, sanitizers' own settings" "${unset[@]}"
