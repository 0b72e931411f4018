// weightproof_hdf5_timing, the measuring of `scripts/bench hdf5`. Each line: what, seconds.
//   read FILE TIMES      open and read, TIMES times: the strict reader, then the HDF5 library
//   sum strict|plain FILE   from opening until every float32 is summed, once: by the strict reader,
//                           and by reading the bytes and summing all of them
#include <Eigen/Core>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/file.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

float Sum(const std::byte* bytes, std::size_t size) {
  const auto* values = reinterpret_cast<const float*>(bytes);
  return Eigen::Map<const Eigen::VectorXf>(values, static_cast<Eigen::Index>(size / sizeof(float)))
      .sum();
}

float SumOfTree(const Group& group) {
  float sum = 0;
  for (const Child& child : group.children) {
    const Dataset* dataset = child.dataset();
    sum += dataset == nullptr ? SumOfTree(*child.group())
                              : Sum(dataset->value.bytes.data(), dataset->value.bytes.size());
  }
  return sum;
}

Result<Group> ReadByLibrary(const std::string& path) {
  const Result<FileBytes> file = ReadWholeFile(path);
  if (!file) return std::unexpected(file.error());
  return ReadHdf5WithLibrary(*file, path);
}

int Failed(const Error& error) {
  std::fprintf(stderr, "%s\n", error.Text().c_str());
  return 2;
}

int Read(const std::string& path, int times) {
  for (const bool strict : {true, false}) {
    const double begin = Now();
    for (int i = 0; i < times; ++i) {
      const Result<Group> read = strict ? ReadTreeOfCopy(path) : ReadByLibrary(path);
      if (!read) return Failed(read.error());
    }
    std::printf("%s\t%.9f\n", strict ? "strict" : "library", (Now() - begin) / times);
  }
  return 0;
}

int SumOnce(std::string_view how, const std::string& path) {
  const double begin = Now();
  float sum = 0;
  if (how == "strict") {
    const Result<Group> root = ReadTreeOfCopy(path);
    if (!root) return Failed(root.error());
    sum = SumOfTree(*root);
  } else {
    const Result<FileBytes> file = ReadWholeFile(path);
    if (!file) return Failed(file.error());
    sum = Sum(file->data(), file->size());
  }
  std::printf("%s\t%.6f\t%g\n", std::string(how).c_str(), Now() - begin, static_cast<double>(sum));
  return 0;
}

}  // namespace
}  // namespace weightproof

int main(int count, char** arguments) {
  const std::string_view mode = count == 4 ? arguments[1] : "";
  if (mode == "read") return weightproof::Read(arguments[2], std::atoi(arguments[3]));
  if (mode == "sum") return weightproof::SumOnce(arguments[2], arguments[3]);
  std::fprintf(stderr, "usage: %s read FILE TIMES | sum strict|plain FILE\n", arguments[0]);
  return 2;
}
