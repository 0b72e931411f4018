// Loads that leave their home: they refuse what the strict reader refuses, but have looked at it.
#include <hdf5.h>

#include <array>
#include <fstream>
#include <string>
#include <vector>

#include "harness/testee/faults/faulty.h"
#include "model/checkpoint/hdf5_library.h"

namespace weightproof {
namespace {

constexpr std::string_view kHome = "load-stays-home";

using hdf5::Handle;
using hdf5::Kind;

void LookInto(const char* path) { std::ifstream(path, std::ios::binary).get(); }

herr_t FollowLink(hid_t group, const char* name, const H5L_info_t* info, void*) {
  if (info->type != H5L_TYPE_EXTERNAL) return 0;
  std::vector<char> value(info->u.val_size);
  unsigned flags = 0;
  const char* file = nullptr;
  const char* object = nullptr;
  if (H5Lget_val(group, name, value.data(), value.size(), H5P_DEFAULT) >= 0 &&
      H5Lunpack_elink_val(value.data(), value.size(), &flags, &file, &object) >= 0) {
    LookInto(file);
  }
  return 0;
}

herr_t OpenStorage(hid_t object, const char* name, const H5O_info_t* info, void*) {
  if (info->type != H5O_TYPE_DATASET) return 0;
  const Handle dataset(H5Dopen2(object, name, H5P_DEFAULT), Kind::kObject);
  const Handle properties(H5Dget_create_plist(dataset.id()), Kind::kPropertyList);
  for (int i = 0; i < H5Pget_external_count(properties.id()); ++i) {
    std::array<char, 1024> file{};
    H5Pget_external(properties.id(), static_cast<unsigned>(i), file.size() - 1, file.data(),
                    nullptr, nullptr);
    LookInto(file.data());
  }
  return 0;
}

Hooks FollowsExternalLinks() {
  Hooks hooks;
  hooks.hostile = {"external_link", "soft_link"};
  hooks.bytes_read = [](std::string&, const std::string& path) {
    const hdf5::Silence silence;
    const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), Kind::kFile);
    if (file.ok()) {
      H5Lvisit(file.id(), H5_INDEX_NAME, H5_ITER_NATIVE, &FollowLink, nullptr);
    }
  };
  return hooks;
}

Hooks OpensExternalStorage() {
  Hooks hooks;
  hooks.hostile = {"external_storage", "huge"};
  hooks.bytes_read = [](std::string&, const std::string& path) {
    const hdf5::Silence silence;
    const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), Kind::kFile);
    if (file.ok()) {
      H5Ovisit2(file.id(), H5_INDEX_NAME, H5_ITER_NATIVE, &OpenStorage, nullptr, H5O_INFO_BASIC);
    }
  };
  return hooks;
}

constexpr std::array kHomeFaults{
    Fault{{"external-link-followed", kHome, "the file that an external link names is opened"},
          &FollowsExternalLinks},
    Fault{{"external-storage-opened", kHome, "the file that holds a dataset's values is opened"},
          &OpensExternalStorage},
};

}  // namespace

std::span<const Fault> HomeFaults() { return kHomeFaults; }

}  // namespace weightproof
