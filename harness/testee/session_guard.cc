#include "harness/testee/session_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>

namespace weightproof {

SessionGuard::SessionGuard(const SessionSpec& session, const std::string& directory,
                           const std::string& path) {
  const bool relative = !path.empty() && path.front() != '/';
  if (relative || !session.working_directory.empty()) {
    old_directory_ = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    std::string target = directory;
    if (!session.working_directory.empty()) target += "/" + session.working_directory;
    // The folder may be missing where only the other side has prepared its own; then nothing moves
    // and a relative path fails loudly.
    if (chdir(target.c_str()) != 0 && chdir(directory.c_str()) != 0) {
      close(old_directory_);
      old_directory_ = -1;
    }
  }
  if (session.umask >= 0) old_umask_ = static_cast<int>(umask(static_cast<mode_t>(session.umask)));
  if (!session.locale.empty()) {
    old_locale_ = std::setlocale(LC_ALL, nullptr);
    std::setlocale(LC_ALL, session.locale.c_str());  // an unknown locale changes nothing
  }
}

SessionGuard::~SessionGuard() {
  if (!old_locale_.empty()) std::setlocale(LC_ALL, old_locale_.c_str());
  if (old_umask_ >= 0) umask(static_cast<mode_t>(old_umask_));
  if (old_directory_ >= 0) {
    if (fchdir(old_directory_) != 0) _exit(70);  // going on elsewhere would write to wrong places
    close(old_directory_);
  }
}

}  // namespace weightproof
