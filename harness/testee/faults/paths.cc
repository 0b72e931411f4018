// Paths that are not taken literally.
#include <algorithm>
#include <array>
#include <cctype>

#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

constexpr std::string_view kPath = "path-never-matters";

std::pair<std::string, std::string> SplitName(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

// The same twist on save and load: a file that stays where it was put is found again.
template <std::string (*kTwist)(const std::string&)>
Hooks Twisted() {
  Hooks hooks;
  const auto twist = [](const std::string& path) {
    const auto [folder, name] = SplitName(path);
    return folder + kTwist(name);
  };
  hooks.save_path = twist;
  hooks.load_path = twist;
  return hooks;
}

std::string CutAtDot(const std::string& name) {
  const std::size_t first = name.find('.', 1);
  const std::size_t last = name.rfind('.');
  return first == std::string::npos ? name : name.substr(0, first) + name.substr(last);
}
std::string CutAt255(const std::string& name) { return name.substr(0, 255); }
std::string CutAt64(const std::string& name) { return name.substr(0, 64); }
std::string SuffixLowered(const std::string& name) {
  std::string text = name;
  for (std::size_t i = std::min(name.rfind('.'), name.size()); i < text.size(); ++i) {
    text[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
  }
  return text;
}
std::string PercentDecoded(const std::string& name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      text += name[i];
    } else if (i + 2 < name.size() && std::isxdigit(static_cast<unsigned char>(name[i + 1])) &&
               std::isxdigit(static_cast<unsigned char>(name[i + 2]))) {
      text += static_cast<char>(std::stoi(name.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return text.empty() ? name : text;
}
std::string BlanksTrimmed(const std::string& name) {
  std::string text = name;
  std::erase(text, ' ');
  return text.empty() ? name : text;
}
std::string AsciiOnly(const std::string& name) {
  std::string text = name;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '_';
  }
  return text;
}

// A relative path is taken from the folder above the one that the session works in.
Hooks RelativeElsewhere() {
  Hooks hooks;
  const auto elsewhere = [](std::string& path, const BuildRequest& build) {
    if (!path.starts_with('/') && !build.session.working_directory.empty()) {
      path = build.directory + "/" + path;
    }
  };
  hooks.save_asked = [elsewhere](SaveRequest& request) { elsewhere(request.path, request.build); };
  hooks.load_asked = [elsewhere](LoadRequest& request) { elsewhere(request.path, request.build); };
  return hooks;
}

constexpr std::array kPathFaults{
    Fault{{"path-ascii-only", kPath, "letters beyond ASCII become underscores"},
          &Twisted<AsciiOnly>},
    Fault{{"path-blanks-dropped", kPath, "blanks in a file name are dropped"},
          &Twisted<BlanksTrimmed>},
    Fault{{"path-cut-at-255", kPath, "a name that is too long is cut instead of refused"},
          &Twisted<CutAt255>},
    Fault{{"path-cut-at-64", kPath, "file names are cut at 64 bytes"}, &Twisted<CutAt64>},
    Fault{{"path-cut-at-dot", kPath, "a name is cut at its first dot"}, &Twisted<CutAtDot>},
    Fault{{"path-percent-decoded", kPath, "% in a file name is taken for an escape"},
          &Twisted<PercentDecoded>},
    Fault{{"path-relative-elsewhere", kPath, "a relative path is taken from another folder"},
          &RelativeElsewhere},
    Fault{{"path-suffix-lowered", kPath, "the case of a suffix is ignored"},
          &Twisted<SuffixLowered>},
};

}  // namespace

std::span<const Fault> PathFaults() { return kPathFaults; }

}  // namespace weightproof
