#!/bin/bash -eu
# In the images of OSS-Fuzz and ClusterFuzzLite: what build.sh needs besides this repository.
apt-get update
apt-get install -y --no-install-recommends ninja-build zip libeigen3-dev nlohmann-json3-dev libssl-dev
git clone --depth 1 --branch v1.3.1 https://github.com/madler/zlib "$SRC/zlib"
git clone --depth 1 --branch v1.11.2 https://github.com/nih-at/libzip "$SRC/libzip"
git clone --depth 1 --branch hdf5_1.14.5 https://github.com/HDFGroup/hdf5 "$SRC/hdf5"
