#!/bin/bash -eu
exec "$SRC/weightproof/fuzz/oss-fuzz/build.sh"
