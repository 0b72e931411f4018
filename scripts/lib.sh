# shellcheck shell=bash
# What the scripts share. Source it; it changes to the root of the repository.

set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Read by the scripts that source this file.
# shellcheck disable=SC2034
packages_build=(
  g++ g++-12 cmake ninja-build ccache git ca-certificates python3
  libhdf5-dev libeigen3-dev nlohmann-json3-dev libcli11-dev libfmt-dev libssl-dev zlib1g-dev
  libzip-dev zipcmp zipmerge ziptool librapidcheck-dev libgtest-dev libbenchmark-dev
)
# shellcheck disable=SC2034
packages_clang=(clang-19 libclang-rt-19-dev clang-format-19 clang-tidy-19 llvm-19)
# shellcheck disable=SC2034
packages_python=(python3 python3-venv)

say() { printf '%s\n' "$*" >&2; }
die() {
  say "${0##*/}: $*"
  exit "${status:-3}"
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo --preserve-env=DEBIAN_FRONTEND "$@"
  else
    die "needs root or sudo for: $*"
  fi
}

# Quiet unless it fails; waits for another apt and tries again after a failure.
run_apt() {
  local log try
  log=$(mktemp)
  for try in 1 2 3; do
    if as_root apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null; then
      rm -f "$log"
      return 0
    fi
    ((try == 3)) || sleep $((try * 5))
  done
  tail -n 30 "$log" >&2
  rm -f "$log"
  die "apt-get $1 failed"
}

missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      printf '%s\n' "$package"
  done
}

# need_packages PACKAGE...: installs the ones that are missing, and only then calls apt.
need_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  say "installing: ${missing[*]}"
  run_apt update
  run_apt install --no-install-recommends "${missing[@]}"
}

# build_preset NAME [TARGET...]: configures where that was not done, builds quietly.
build_preset() {
  local preset=$1 log=build/$1.log
  shift
  mkdir -p build
  if [[ ! -f build/$preset/build.ninja || CMakePresets.json -nt build/$preset/configured ]]; then
    say "configuring build/$preset"
    cmake --preset "$preset" >"$log" 2>&1 || {
      cat "$log" >&2
      rm -f "build/$preset/CMakeCache.txt" "build/$preset/build.ninja"
      die "cmake --preset $preset failed"
    }
    touch "build/$preset/configured"
  fi
  if [[ -t 2 ]]; then
    ninja -C "build/$preset" "$@" >&2 || die "build of $preset failed"
  else
    ninja -C "build/$preset" "$@" >"$log" 2>&1 || {
      tail -n 60 "$log" >&2
      die "build of $preset failed"
    }
  fi
}

# Seconds as "1m 05s".
duration() { printf '%dm %02ds' $(($1 / 60)) $(($1 % 60)); }
