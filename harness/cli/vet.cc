#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "model/checkpoint/file.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

// What the file could do to a reader that takes its word for everything.
std::string_view SeverityOf(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kLimitExceeded:
      return "unbounded";
    case ErrorKind::kForbiddenFeature: {
      const bool other_file = error.message.contains("another file") ||
                              error.message.contains("other files") ||
                              error.message.contains("user-defined link");
      return other_file ? "escape" : "not-vetted";
    }
    case ErrorKind::kNotAnHdf5File:
      return "not-hdf5";
    default:
      return "damaged";
  }
}

}  // namespace

int Vet(const VetOptions& o) {
  int code = kExitOk;
  nlohmann::json files = nlohmann::json::array();
  for (const std::string& file : o.files) {
    const Result<FileBytes> bytes =
        ReadWholeFile(file, o.map ? FileAccess::kMap : FileAccess::kRead);
    if (!bytes) {
      code = Refuse(bytes.error());
      continue;
    }
    const Result<Group> read = ReadHdf5(*bytes, file, o.limits);
    if (!read) code = std::max(code, kExitFinding);
    if (o.json) {
      nlohmann::json one = {{"file", file}, {"sound", read.has_value()}};
      if (!read) {
        one["severity"] = SeverityOf(read.error());
        one["kind"] = ErrorKindName(read.error().kind);
        one["place"] = read.error().place;
        one["reason"] = read.error().message;
      }
      files.push_back(std::move(one));
    } else if (read) {
      fmt::print("sound      {}\n", file);
    } else {
      fmt::print("unsound    {}: {} ({}): {}\n", read.error().place, SeverityOf(read.error()),
                 ErrorKindName(read.error().kind), read.error().message);
    }
  }
  if (o.json) {
    const nlohmann::json all = {{"schema", 1}, {"files", files}};
    fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return code;
}

}  // namespace weightproof
