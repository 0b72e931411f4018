// What a session changes in this process, put back at the end.
#pragma once

#include <string>

#include "harness/case/case.h"

namespace weightproof {

class SessionGuard {
 public:
  // Goes to the session's working directory (under `directory`) when it has one or `path` is
  // relative; sets umask and locale.
  SessionGuard(const SessionSpec& session, const std::string& directory, const std::string& path);
  ~SessionGuard();
  SessionGuard(const SessionGuard&) = delete;
  SessionGuard& operator=(const SessionGuard&) = delete;

 private:
  int old_directory_ = -1;
  int old_umask_ = -1;
  std::string old_locale_;
};

}  // namespace weightproof
