// Saves that do not repeat, or leave something of the old file.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

constexpr std::string_view kSaving = "saving-repeats";

Hooks Stamped() {
  Hooks hooks;
  const auto count = std::make_shared<int>(0);
  hooks.tree_encoded = [count](Group& tree, const Network&) {
    SetAttribute(tree.attributes, StringAttribute("saved", std::to_string(++*count)));
  };
  return hooks;
}

// Every second save writes name lists with a trailing blank line's worth of another charset.
Hooks CharsetAlternates() {
  Hooks hooks;
  const auto count = std::make_shared<int>(0);
  hooks.tree_encoded = [count](Group& tree, const Network&) {
    if (++*count % 2 == 0) return;
    for (Attribute& attribute : tree.attributes) attribute.value.type.utf8 = true;
    const auto walk = [](Group& group, const auto& self) -> void {
      for (Attribute& attribute : group.attributes) attribute.value.type.utf8 = true;
      for (Child& child : group.children) {
        if (Group* inner = child.group()) self(*inner, self);
      }
    };
    walk(tree, walk);
  };
  return hooks;
}

// The old file is overwritten from its start and keeps its length.
Hooks OldTailLeft() {
  Hooks hooks;
  hooks.write = [](const std::string& path, std::span<const std::byte> bytes) -> Status {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
      return Fail(ErrorKind::kPathUnwritable, path, "cannot be opened for writing",
                  "choose another path");
    }
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    close(fd);
    if (written == static_cast<ssize_t>(bytes.size())) return {};
    return Fail(ErrorKind::kPathUnwritable, path, "written in part", "free some room");
  };
  return hooks;
}

// Which bytes were written last is remembered by the length of the path alone.
Hooks FirstSaveWins() {
  Hooks hooks;
  hooks.write = [](const std::string& path, std::span<const std::byte> bytes) -> Status {
    if (access(path.c_str(), F_OK) == 0 && !path.ends_with(".lock")) return {};
    return WriteFileAtomically(path, bytes);
  };
  return hooks;
}

// A list of names of over 64 KiB goes into numbered attributes; only the first one is written.
Hooks NamesCutAt64KiB() {
  Hooks hooks;
  hooks.tree_encoded = [](Group& tree, const Network&) {
    const auto cut = [](std::vector<Attribute>& attributes) {
      std::erase_if(attributes, [](const Attribute& attribute) {
        const std::string_view name = attribute.name;
        const std::size_t digits = name.find_last_not_of("0123456789") + 1;
        const std::string_view list = name.substr(0, digits);
        return digits < name.size() && name.substr(digits) != "0" &&
               (list == "layer_names" || list == "weight_names");
      });
    };
    const auto walk = [&cut](Group& group, const auto& self) -> void {
      cut(group.attributes);
      for (Child& child : group.children) {
        if (Group* inner = child.group()) self(*inner, self);
      }
    };
    walk(tree, walk);
  };
  return hooks;
}

constexpr std::array kSavingFaults{
    Fault{{"charset-alternates", kSaving, "every second save marks its names as UTF-8"},
          &CharsetAlternates},
    Fault{{"first-save-wins", "path-never-matters", "a file that is there is not written again"},
          &FirstSaveWins},
    Fault{{"names-cut-at-64-kib", "round-trips", "names beyond 64 KiB of a list are not written"},
          &NamesCutAt64KiB},
    Fault{{"old-tail-left", "round-trips", "overwriting a longer file leaves its tail"},
          &OldTailLeft},
    Fault{{"save-counted", kSaving, "each save writes how many there were before"}, &Stamped},
};

}  // namespace

std::span<const Fault> SavingFaults() { return kSavingFaults; }

}  // namespace weightproof
