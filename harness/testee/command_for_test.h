// For tests: a command as a person would type it.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace weightproof {

struct CommandRun {
  int code = -1;  // exit code; -1: it did not start, or a signal ended it
  std::string text;
};

// Runs `command` in the shell and takes what it writes on its standard output.
inline CommandRun RunCommand(const std::string& command) {
  CommandRun ran;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return ran;
  char chunk[4096];
  for (std::size_t n; (n = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) {
    ran.text.append(chunk, n);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
  return ran;
}

}  // namespace weightproof
