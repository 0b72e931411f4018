// Hostile edits of an HDF5 file, made by the library itself.
#include <hdf5.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "harness/hostile/hostile_file.h"
#include "harness/hostile/hostile_internal.h"
#include "model/checkpoint/hdf5_library.h"

namespace weightproof {

using hdf5::Handle;
using hdf5::Kind;

std::unexpected<Error> HostileDoesNotApply(const Damage& edit, const std::string& why) {
  return Fail(ErrorKind::kBadConfig, "damage at " + edit.path, why,
              "choose a path that the file has");
}

bool ReadWhole(const std::string& path, std::string& out) {
  std::ifstream in(path, std::ios::binary);
  out.assign(std::istreambuf_iterator<char>(in), {});
  return in.is_open();
}

bool WriteWhole(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  return out.good();
}

namespace {

constexpr hsize_t kChunkElements = hsize_t{1} << 18;

// A dataset's values as the file stores them, its type and its space.
struct Values {
  Handle type, space;
  std::vector<char> bytes;
};

bool ReadValues(hid_t file, const std::string& path, Values& out) {
  const Handle dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT), Kind::kObject);
  if (!dataset.ok()) return false;
  out.type = Handle(H5Dget_type(dataset.id()), Kind::kType);
  out.space = Handle(H5Dget_space(dataset.id()), Kind::kSpace);
  const hssize_t count = H5Sget_simple_extent_npoints(out.space.id());
  if (count <= 0 || H5Sget_simple_extent_ndims(out.space.id()) < 1) return false;
  out.bytes.resize(static_cast<std::size_t>(count) * H5Tget_size(out.type.id()));
  return H5Dread(dataset.id(), out.type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, out.bytes.data()) >= 0;
}

bool MakeDataset(hid_t file, const std::string& path, hid_t type, hid_t space, hid_t properties) {
  return Handle(H5Dcreate2(file, path.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT),
                Kind::kObject)
      .ok();
}

bool SoftLink(hid_t file, const Damage& edit) {
  std::string target = "/" + edit.path;
  if (edit.how == "elsewhere") {
    target = "/moved_elsewhere";
    if (H5Lmove(file, edit.path.c_str(), file, target.c_str(), H5P_DEFAULT, H5P_DEFAULT) < 0) {
      return false;
    }
  } else {
    if (edit.how == "nowhere") target = "/nowhere";
    if (H5Ldelete(file, edit.path.c_str(), H5P_DEFAULT) < 0) return false;
  }
  return H5Lcreate_soft(target.c_str(), file, edit.path.c_str(), H5P_DEFAULT, H5P_DEFAULT) >= 0;
}

bool Huge(hid_t file, const Damage& edit, const Values& values, hid_t properties) {
  const hsize_t count = static_cast<hsize_t>(edit.bytes) / H5Tget_size(values.type.id());
  const float fill = 1;
  H5Pset_fill_value(properties, H5T_NATIVE_FLOAT, &fill);
  if (edit.how == "chunked") {
    const hsize_t chunk = std::min(count, kChunkElements);
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_deflate(properties, 1);
  } else {
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_LATE);
  }
  const Handle space(H5Screate_simple(1, &count, nullptr), Kind::kSpace);
  return MakeDataset(file, edit.path, values.type.id(), space.id(), properties);
}

// The dataset under a name that the damaged file does not have: a loader that looks for the source
// in the file itself does not find itself.
bool CopyInBait(const Bait& bait, const std::string& path) {
  const Handle file(H5Fopen(bait.hdf5().c_str(), H5F_ACC_RDWR, H5P_DEFAULT), Kind::kFile);
  return file.ok() &&
         H5Ocopy(file.id(), path.c_str(), file.id(), "bait", H5P_DEFAULT, H5P_DEFAULT) >= 0;
}

bool Edit(hid_t file, const Damage& edit, const Bait& bait) {
  const char* path = edit.path.c_str();
  if (edit.op == DamageOp::kSoftLink) return SoftLink(file, edit);
  if (edit.op == DamageOp::kExternalLink) {
    return H5Ldelete(file, path, H5P_DEFAULT) >= 0 &&
           H5Lcreate_external(bait.hdf5().c_str(), ("/" + edit.path).c_str(), file, path,
                              H5P_DEFAULT, H5P_DEFAULT) >= 0;
  }
  Values values;
  if (!ReadValues(file, edit.path, values) || H5Ldelete(file, path, H5P_DEFAULT) < 0) return false;
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), Kind::kPropertyList);
  if (edit.op == DamageOp::kHuge) return Huge(file, edit, values, properties.id());
  if (edit.op == DamageOp::kExternalStorage) {
    if (!WriteWhole(bait.raw(), std::string(values.bytes.begin(), values.bytes.end())))
      return false;
    H5Pset_external(properties.id(), bait.raw().c_str(), 0, values.bytes.size());
  } else {
    const bool itself = edit.how == "itself";
    if (!itself && !CopyInBait(bait, edit.path)) return false;
    const std::string source = itself ? "/" + edit.path : "/bait";
    H5Pset_virtual(properties.id(), values.space.id(), itself ? "." : bait.hdf5().c_str(),
                   source.c_str(), values.space.id());
  }
  return MakeDataset(file, edit.path, values.type.id(), values.space.id(), properties.id());
}

}  // namespace

Result<std::string> EditHdf5(const std::string& file, const Damage& edit, const Bait& bait,
                             bool (*change)(std::int64_t id, const Damage&, const Bait&,
                                            const void* with),
                             const void* with) {
  const hdf5::Silence silence;
  const std::string work = bait.folder + "/work.h5";
  if (!WriteWhole(work, file)) return HostileDoesNotApply(edit, "its file cannot be written");
  bool done = false;
  {
    const Handle opened(H5Fopen(work.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), Kind::kFile);
    done = opened.ok() && change(opened.id(), edit, bait, with);
  }
  std::string out;
  done = ReadWhole(work, out) && done;
  std::error_code error;
  std::filesystem::remove(work, error);
  if (!done) return HostileDoesNotApply(edit, "the HDF5 library cannot make this edit there");
  return out;
}

Result<std::string> MakeHostileHdf5(const std::string& file, const Damage& edit, const Bait& bait) {
  if (!WriteWhole(bait.hdf5(), file))
    return HostileDoesNotApply(edit, "its bait cannot be written");
  return EditHdf5(
      file, edit, bait,
      [](std::int64_t id, const Damage& d, const Bait& b, const void*) { return Edit(id, d, b); },
      nullptr);
}

}  // namespace weightproof
