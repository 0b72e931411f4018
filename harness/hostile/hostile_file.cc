#include "harness/hostile/hostile_file.h"

#include <hdf5.h>
#include <zip.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "harness/hostile/hostile_internal.h"
#include "model/checkpoint/hdf5_library.h"

namespace weightproof {
namespace {

constexpr const char* kWeightsEntry = "model.weights.h5";
constexpr std::size_t kEntryBytesMax = std::size_t{64} << 20;

// An archive on disk, opened for writing; discarded unless closed.
class Archive {
 public:
  explicit Archive(const std::string& path) : zip_(zip_open(path.c_str(), 0, nullptr)) {}
  ~Archive() {
    if (zip_ != nullptr) zip_discard(zip_);
  }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  bool ok() const { return zip_ != nullptr; }
  std::optional<std::string> Read(const char* name) const {
    zip_stat_t info;
    if (zip_stat(zip_, name, 0, &info) != 0 || info.size > kEntryBytesMax) return std::nullopt;
    std::string text(info.size, '\0');
    zip_file_t* file = zip_fopen(zip_, name, 0);
    if (file == nullptr) return std::nullopt;
    const bool whole =
        zip_fread(file, text.data(), text.size()) == static_cast<zip_int64_t>(text.size());
    zip_fclose(file);
    return whole ? std::optional(text) : std::nullopt;
  }
  // `padding` more bytes of `fill` follow the text, which has to live until Close.
  bool Write(const char* name, const std::string& text, std::int64_t padding = 0, char fill = ' ') {
    pieces_.push_back(std::make_unique<Piece>(Piece{&text, padding, fill, 0}));
    zip_source_t* source = zip_source_function(zip_, &Give, pieces_.back().get());
    const zip_int64_t index = zip_file_add(zip_, name, source, ZIP_FL_OVERWRITE | ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      return false;
    }
    const auto method = static_cast<zip_int32_t>(padding > 0 ? ZIP_CM_DEFLATE : ZIP_CM_STORE);
    return zip_set_file_compression(zip_, static_cast<zip_uint64_t>(index), method, 1) == 0;
  }
  bool Close() {
    const bool closed = zip_close(zip_) == 0;
    if (closed) zip_ = nullptr;
    return closed;
  }

 private:
  struct Piece {
    const std::string* text;
    std::int64_t padding;
    char fill;
    std::size_t at;
  };

  static zip_int64_t Give(void* user, void* data, zip_uint64_t size, zip_source_cmd_t command) {
    auto& piece = *static_cast<Piece*>(user);
    const std::size_t total = piece.text->size() + static_cast<std::size_t>(piece.padding);
    switch (command) {
      case ZIP_SOURCE_OPEN:
        piece.at = 0;
        return 0;
      case ZIP_SOURCE_READ: {
        const std::size_t count = std::min<std::size_t>(size, total - piece.at);
        auto* out = static_cast<char*>(data);
        const std::size_t left = piece.text->size() - std::min(piece.at, piece.text->size());
        const std::size_t copied = std::min(count, left);
        std::memcpy(out, piece.text->data() + std::min(piece.at, piece.text->size()), copied);
        std::memset(out + copied, piece.fill, count - copied);
        piece.at += count;
        return static_cast<zip_int64_t>(count);
      }
      case ZIP_SOURCE_STAT: {
        auto* info = static_cast<zip_stat_t*>(data);
        zip_stat_init(info);
        info->size = total;
        info->valid = ZIP_STAT_SIZE;
        return sizeof *info;
      }
      case ZIP_SOURCE_CLOSE:
      case ZIP_SOURCE_FREE:
        return 0;
      case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                              ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                                              -1);
      default:
        return 0;
    }
  }

  zip_t* zip_;
  std::vector<std::unique_ptr<Piece>> pieces_;
};

const char* BombEntry(const std::string& how) {
  if (how == "config") return "config.json";
  return how == "weights" ? kWeightsEntry : "assets/bait.txt";
}

Status EditArchive(Archive& archive, Dialect dialect, const Damage& edit, const Bait& bait) {
  // They live until the archive is closed.
  static thread_local std::string text;
  const auto due = [&edit](bool done) -> Status {
    if (!done) return HostileDoesNotApply(edit, "the archive has no such entry");
    return {};
  };
  switch (edit.op) {
    case DamageOp::kBomb: {
      const char* name = BombEntry(edit.how);
      text = archive.Read(name).value_or("");
      if (text.empty() && edit.how != "asset") return due(false);
      if (!archive.Write(name, text, edit.bytes, edit.how == "weights" ? '\0' : ' ')) {
        return due(false);
      }
      return due(archive.Close());
    }
    case DamageOp::kTraversal: {
      text = "bait";
      std::string name = bait.dropped();
      if (edit.how == "parent") {
        // From any folder up to the root, and down again.
        std::string up = "assets";
        for (int i = 0; i < 24; ++i) up += "/..";
        name = up + name;
      }
      return due(archive.Write(name.c_str(), text) && archive.Close());
    }
    case DamageOp::kConfig: {
      Result<std::string> config =
          MakeHostileConfig(archive.Read("config.json").value_or(""), dialect, edit, bait);
      if (!config) return std::unexpected(std::move(config.error()));
      text = *std::move(config);
      return due(archive.Write("config.json", text) && archive.Close());
    }
    default: {
      Result<std::string> weights =
          MakeHostileHdf5(archive.Read(kWeightsEntry).value_or(""), edit, bait);
      if (!weights) return std::unexpected(std::move(weights.error()));
      text = *std::move(weights);
      return due(archive.Write(kWeightsEntry, text) && archive.Close());
    }
  }
}

Result<std::string> HostileArchive(const std::string& file, Dialect dialect, const Damage& edit,
                                   const Bait& bait) {
  const std::string work = bait.folder + "/work.zip";
  if (!WriteWhole(work, file)) return HostileDoesNotApply(edit, "its file cannot be written");
  Status done = HostileDoesNotApply(edit, "no archive is there");
  {
    Archive archive(work);
    if (archive.ok()) done = EditArchive(archive, dialect, edit, bait);
  }
  std::string out;
  const bool read = ReadWhole(work, out);
  std::error_code error;
  std::filesystem::remove(work, error);
  if (!done) return std::unexpected(std::move(done.error()));
  if (!read) return HostileDoesNotApply(edit, "the archive cannot be read again");
  return out;
}

using hdf5::Handle;
using hdf5::Kind;

// The text of `model_config` is another one; `with` is the dialect.
bool EditModelConfig(std::int64_t file, const Damage& edit, const Bait& bait, const void* with) {
  constexpr const char* kName = "model_config";
  Handle type;
  std::string text;
  {
    const Handle old(H5Aopen(file, kName, H5P_DEFAULT), Kind::kAttribute);
    if (!old.ok()) return false;
    // The library converts neither character sets nor strings of fixed length into others.
    type = Handle(H5Aget_type(old.id()), Kind::kType);
    if (H5Tis_variable_str(type.id()) > 0) {
      char* read = nullptr;
      if (H5Aread(old.id(), type.id(), static_cast<void*>(&read)) < 0 || read == nullptr) {
        return false;
      }
      text = read;
      H5free_memory(read);
    } else {
      text.resize(H5Tget_size(type.id()));
      if (H5Aread(old.id(), type.id(), text.data()) < 0) return false;
      text.resize(std::strlen(text.c_str()));
      H5Tset_size(type.id(), H5T_VARIABLE);
    }
  }
  const Result<std::string> config =
      MakeHostileConfig(text, *static_cast<const Dialect*>(with), edit, bait);
  if (!config || H5Adelete(file, kName) < 0) return false;
  const Handle scalar(H5Screate(H5S_SCALAR), Kind::kSpace);
  const Handle made(H5Acreate2(file, kName, type.id(), scalar.id(), H5P_DEFAULT, H5P_DEFAULT),
                    Kind::kAttribute);
  const char* written = config->c_str();
  return made.ok() && H5Awrite(made.id(), type.id(), static_cast<const void*>(&written)) >= 0;
}

}  // namespace

Result<std::string> MakeHostile(const std::string& file, RouteFormat format, Dialect dialect,
                                const Damage& edit, const Bait& bait) {
  if (format == RouteFormat::kKerasArchive) return HostileArchive(file, dialect, edit, bait);
  if (edit.op == DamageOp::kConfig) return EditHdf5(file, edit, bait, &EditModelConfig, &dialect);
  return MakeHostileHdf5(file, edit, bait);
}

}  // namespace weightproof
