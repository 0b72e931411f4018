#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "harness/testee/answer_bytes.h"
#include "harness/testee/builtin.h"

namespace weightproof {
namespace {

bool WriteAll(int fd, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

std::string ReadAll(int fd) {
  std::string bytes;
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
}

Answer Died(std::string how) {
  Answer answer;
  answer.outcome = Outcome::kCrashed;
  answer.error_message = std::move(how);
  return answer;
}

}  // namespace

Answer InChildProcess(const std::function<Answer()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return Died("no pipe: " + std::string(std::strerror(errno)));
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return Died("no process: " + std::string(std::strerror(errno)));
  }
  if (child == 0) {
    close(ends[0]);
    const bool told = WriteAll(ends[1], AnswerToBytes(work()));
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  const std::string bytes = ReadAll(ends[0]);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return Died("signal " + std::to_string(WTERMSIG(status)));
  std::optional<Answer> answer = AnswerFromBytes(bytes);
  if (!answer) return Died("the child ended without a whole answer");
  return *std::move(answer);
}

}  // namespace weightproof
