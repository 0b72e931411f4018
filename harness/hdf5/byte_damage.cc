#include "harness/hdf5/byte_damage.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/campaign/forked.h"

namespace weightproof {
namespace {

constexpr double kSilentSeconds = 20;

struct Change {
  std::size_t at;
  std::optional<std::byte> value;  // nullopt: the file ends here
  std::string Text() const {
    return value ? fmt::format("byte {} set to {}", at, std::to_integer<int>(*value))
                 : fmt::format("cut to {} bytes", at);
  }
};

std::vector<std::byte> ValuesFor(std::byte b, ByteValues values) {
  std::vector<std::byte> others;
  if (values == ByteValues::kTelling) {
    others = {b ^ std::byte{1}, b ^ std::byte{0x80}, std::byte{0}, std::byte{0xff},
              static_cast<std::byte>(std::to_integer<int>(b) + 1)};
  } else {
    for (int value = 0; value < 256; ++value) others.push_back(static_cast<std::byte>(value));
  }
  std::ranges::sort(others);
  const auto twice = std::ranges::unique(others);
  others.erase(twice.begin(), twice.end());
  std::erase(others, b);
  return others;
}

// What the library says of the accepted versions, a line each, from one child.
class Library {
 public:
  Library(std::vector<std::byte>& file, const std::vector<Change>& accepted,
          const std::function<Result<Group>(std::span<const std::byte>)>& strict)
      : file_(file), accepted_(accepted), strict_(strict) {}

  std::vector<std::string> Ask() {
    std::vector<std::string> findings;
    for (std::size_t next = 0; next < accepted_.size();) {
      const ForkedEnd end = RunForked(
          [&](int fd) {
            for (std::size_t i = next; i < accepted_.size(); ++i) {
              WriteAll(fd, Say(accepted_[i]) + "\n");
            }
          },
          [&](std::string_view line) {
            if (!line.empty()) {
              findings.push_back(accepted_[next].Text() + ": " + std::string(line));
            }
            ++next;
            return true;
          },
          1e9, kSilentSeconds);
      if (end.interrupted) break;
      if (next == accepted_.size()) break;
      // The child died, or fell silent, at `next`.
      findings.push_back(accepted_[next].Text() + ": accepted, and it harms the HDF5 library");
      ++next;
    }
    return findings;
  }

 private:
  std::string Say(const Change& change) {
    std::vector<std::byte> bytes = file_;
    if (change.value) {
      bytes[change.at] = *change.value;
    } else {
      bytes.resize(change.at);
    }
    const Result<Group> ours = strict_(bytes);
    const Result<Group> theirs = ReadHdf5WithLibrary(bytes, "file");
    if (!theirs) return "the HDF5 library refuses: " + theirs.error().message;
    const std::string difference = FirstDifference(*ours, *theirs);
    return difference.empty() ? "" : "the HDF5 library reads otherwise: " + difference;
  }

  std::vector<std::byte>& file_;
  const std::vector<Change>& accepted_;
  const std::function<Result<Group>(std::span<const std::byte>)>& strict_;
};

}  // namespace

ByteDamageCounts DamageEveryByte(
    std::span<const std::byte> file,
    const std::function<Result<Group>(std::span<const std::byte>)>& strict, ByteValues values) {
  ByteDamageCounts counts;
  std::vector<std::byte> bytes(file.begin(), file.end());
  const Result<Group> sound = strict(file);
  std::vector<Change> accepted;
  const auto judge = [&](std::span<const std::byte> damaged, Change change) {
    const Result<Group> read = strict(damaged);
    if (!read) {
      ++counts.refused;
      return;
    }
    accepted.push_back(change);
    ++(sound && FirstDifference(*sound, *read).empty() ? counts.same_content
                                                       : counts.other_content);
  };
  for (std::size_t size = 0; size < file.size(); ++size) {
    judge(file.first(size), {size, std::nullopt});
  }
  for (std::size_t at = 0; at < file.size(); ++at) {
    const std::byte original = bytes[at];
    for (const std::byte value : ValuesFor(original, values)) {
      bytes[at] = value;
      judge(bytes, {at, value});
    }
    bytes[at] = original;
  }
  counts.findings = Library(bytes, accepted, strict).Ask();
  return counts;
}

}  // namespace weightproof
