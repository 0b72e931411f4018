#include "model/checkpoint/hdf5_image.h"

#include <hdf5.h>

#include <cstring>

namespace weightproof::hdf5 {
namespace {

// The library would copy the image three times; it asks these callbacks for memory instead.

struct Image {
  void* bytes = nullptr;
};

void* ImageMalloc(size_t, H5FD_file_image_op_t, void* image) {
  return static_cast<Image*>(image)->bytes;
}
void* ImageCopy(void* to, const void* from, size_t bytes, H5FD_file_image_op_t, void*) {
  return to == from ? to : std::memcpy(to, from, bytes);
}
void* ImageResize(void*, size_t, H5FD_file_image_op_t, void*) { return nullptr; }
herr_t ImageFree(void*, H5FD_file_image_op_t, void*) { return 0; }
void* UserDataCopy(void* image) { return image; }
herr_t UserDataFree(void*) { return 0; }

}  // namespace

Handle OpenImage(std::span<const std::byte> file) {
  static Image image;
  static const Id access = [] {
    const Id made = H5Pcopy(TheLibrary().create_access);
    H5FD_file_image_callbacks_t callbacks = {ImageMalloc,  ImageCopy,    ImageResize, ImageFree,
                                             UserDataCopy, UserDataFree, &image};
    H5Pset_file_image_callbacks(made, &callbacks);
    return made;
  }();
  image.bytes = const_cast<std::byte*>(file.data());  // opened read-only: nothing writes to it
  H5Pset_file_image(access, image.bytes, file.size());
  Handle opened(H5Fopen(FreshFileName().c_str(), H5F_ACC_RDONLY, access), Kind::kFile);
  H5Pset_file_image(access, nullptr, 0);
  return opened;
}

}  // namespace weightproof::hdf5
