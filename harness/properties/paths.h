// Where a case's files lie on disk, and what stands there before.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "harness/case/case.h"
#include "model/error.h"

namespace weightproof {

struct ResolvedPath {
  std::string spoken;  // what the testee is told
  std::string actual;  // where that is, absolute
};

// `directory`: the case's folder; the session's working directory lies in it.
ResolvedPath Resolve(const PathSpec& path, const SessionSpec& session,
                     const std::string& directory);

// Whether no program could put a file there: a directory stands there, the parent is missing, a
// component is over 255 bytes, the path ends in '/' or is empty.
bool CannotBeWritten(const PathSpec& path);

// Makes what PathSpec::setup asks for (except kExistingCheckpoint, which takes a save) and the
// session's working directory.
Status Prepare(const PathSpec& path, const SessionSpec& session, const ResolvedPath& resolved,
               const std::string& directory);

// Plain whole-file helpers of the harness's own; errno-style messages.
bool ReadFile(const std::string& path, std::string* bytes);
bool WriteFile(const std::string& path, std::span<const std::byte> bytes);
void RemoveTree(const std::string& path);

// A folder for one case in the existing folder `scratch`, gone at the end.
class CaseFolder {
 public:
  explicit CaseFolder(const std::string& scratch);
  ~CaseFolder();
  CaseFolder(const CaseFolder&) = delete;
  CaseFolder& operator=(const CaseFolder&) = delete;
  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

}  // namespace weightproof
