#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz asks for it: with $CC, $CXX, $CFLAGS, $CXXFLAGS and
# $LIB_FUZZING_ENGINE, from the sources in $SRC (weightproof, zlib, libzip, hdf5), through $WORK, into
# $OUT. For every target there: the program, its seeds (*_seed_corpus.zip), dictionary and options.
#
# The C libraries that see bytes of an input are built here, with the same flags. Of libcrypto only
# SHA-256 is used; it comes as it is, and so does not fit the memory sanitizer.
set -o pipefail
export LC_ALL=C.UTF-8

project=$SRC/weightproof
dependencies=$WORK/dependencies
jobs=${JOBS:-$(nproc)}
mkdir -p "$dependencies"

# Of unsigned numbers it is defined that they wrap, and hashes do. What the C libraries do is not ours to
# find here, and HDF5's build runs programs of its own that would end.
library_flags=
if [[ ${SANITIZER:-} == undefined ]]; then
  library_flags=-fno-sanitize=undefined,unsigned-integer-overflow
  CFLAGS+=' -fno-sanitize=unsigned-integer-overflow'
  CXXFLAGS+=' -fno-sanitize=unsigned-integer-overflow'
fi

# quietly NAME COMMAND...: its output is shown when it fails.
quietly() {
  local log=$WORK/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 60 "$log" >&2
    echo "build.sh: failed: $*" >&2
    exit 1
  }
}

# by_cmake NAME OPTION...: one of the C libraries, static.
by_cmake() {
  local name=$1
  shift
  mkdir -p "$WORK/$name"
  cd "$WORK/$name" # HDF5 1.10 leaves the results of its try-runs where it is configured from
  quietly "$name-configure" cmake -G Ninja "$SRC/$name" -DCMAKE_BUILD_TYPE=None \
    -DCMAKE_C_FLAGS="$CFLAGS $library_flags -w -Wno-error=implicit-int" -DCMAKE_INSTALL_PREFIX="$dependencies" \
    -DCMAKE_PREFIX_PATH="$dependencies" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF "$@"
  quietly "$name-build" ninja -j "$jobs" install
  cd "$WORK"
}

mkdir -p "$WORK/zlib"
cd "$WORK/zlib"
CFLAGS="$CFLAGS $library_flags" quietly zlib-configure "$SRC/zlib/configure" --static --prefix="$dependencies"
quietly zlib-build make -j "$jobs" install
by_cmake libzip -DENABLE_BZIP2=OFF -DENABLE_LZMA=OFF -DENABLE_ZSTD=OFF -DENABLE_COMMONCRYPTO=OFF \
  -DENABLE_GNUTLS=OFF -DENABLE_MBEDTLS=OFF -DENABLE_OPENSSL=OFF -DBUILD_TOOLS=OFF \
  -DBUILD_REGRESS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_DOC=OFF
by_cmake hdf5 -DBUILD_STATIC_LIBS=ON -DBUILD_TESTING=OFF -DHDF5_BUILD_TOOLS=OFF \
  -DHDF5_BUILD_EXAMPLES=OFF -DHDF5_BUILD_HL_LIB=OFF -DHDF5_BUILD_CPP_LIB=OFF \
  -DHDF5_BUILD_FORTRAN=OFF -DHDF5_BUILD_JAVA=OFF -DHDF5_ENABLE_SZIP_SUPPORT=OFF \
  -DHDF5_ENABLE_Z_LIB_SUPPORT=ON -DHDF5_ENABLE_EMBEDDED_LIBINFO=OFF

quietly configure cmake -G Ninja -S "$project" -B "$WORK/build" -DCMAKE_BUILD_TYPE=None \
  -DCMAKE_PREFIX_PATH="$dependencies" -DHDF5_ROOT="$dependencies" -DHDF5_USE_STATIC_LIBRARIES=ON \
  -DHDF5_NO_FIND_PACKAGE_CONFIG_FILE=ON -DZLIB_LIBRARY="$dependencies/lib/libz.a" \
  -DZLIB_INCLUDE_DIR="$dependencies/include" -DOPENSSL_USE_STATIC_LIBS=ON \
  -DWEIGHTPROOF_PROGRAM=OFF -DWEIGHTPROOF_TESTS=OFF -DWEIGHTPROOF_BENCHMARKS=OFF \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=16 \
  -DWEIGHTPROOF_WERROR=OFF -DWEIGHTPROOF_FUZZING_ENGINE="$LIB_FUZZING_ENGINE"
quietly build ninja -C "$WORK/build" -j "$jobs" fuzz_targets

for program in "$WORK"/build/fuzz_*; do
  [[ -f $program && -x $program ]] || continue
  target=${program##*/}
  cp "$program" "$OUT/"
  rm -rf "$WORK/seeds"
  mkdir "$WORK/seeds"
  "$project/scripts/fuzz_seeds" "$target" "$WORK/seeds"
  rm -f "$OUT/${target}_seed_corpus.zip"
  (cd "$WORK/seeds" && zip -q -X "$OUT/${target}_seed_corpus.zip" ./*)
  cp "$project/$("$project/scripts/fuzz_seeds" --dictionary "$target")" "$OUT/$target.dict"
  printf '[libfuzzer]\nmax_len = 65536\ntimeout = 30\ndict = %s.dict\n' "$target" >"$OUT/$target.options"
done
