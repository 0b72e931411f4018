#include "harness/testee/loader_name.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace weightproof {
namespace {

constexpr std::array<std::string_view, 3> kLibraries{"keras", "tf_keras", "tfjs"};
constexpr std::array<std::string_view, 4> kBackends{"numpy", "jax", "torch", "tensorflow"};

std::string ValueOfVariable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string_view LibraryOf(std::string_view testee) {
  return testee.substr(0, std::min(testee.find_first_of("@:"), testee.size()));
}

// The version of an environment without one in its name, from the list of packages it was made of.
std::string DefaultVersion(const std::string& library) {
  std::ifstream in(EnvironmentsFolder() + "/" + library + "/requirements.txt");
  const std::string start = library + "==";
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(start)) return line.substr(start.size());
  }
  return "";
}

// The numpy backend needs JAX too, so the two share an environment; in Keras 3.0 it needs PyTorch.
std::string FolderName(const LoaderName& name) {
  std::string folder = name.library;
  if (!name.version.empty()) folder += "@" + name.version;
  const std::string backend = BackendOf(name);
  const bool old = name.version.starts_with("3.0.");
  if (name.library == "keras" && backend != "jax" && (backend != "numpy" || old)) {
    folder += "+" + backend;
  }
  return folder;
}

}  // namespace

std::string LoaderName::Text() const {
  return library + (version.empty() ? "" : "@" + version) + (backend.empty() ? "" : ":" + backend);
}

bool IsLoaderName(std::string_view testee) {
  return std::ranges::find(kLibraries, LibraryOf(testee)) != kLibraries.end();
}

Result<LoaderName> ParseLoaderName(std::string_view name) {
  const auto wrong = [&](const std::string& why, const std::string& instead) {
    return Fail(ErrorKind::kBadConfig, "testee '" + std::string(name) + "'", why, instead);
  };
  LoaderName out;
  out.library = LibraryOf(name);
  if (!IsLoaderName(name)) return wrong("no real loader", "write keras, tf_keras or tfjs");
  std::string_view rest = name.substr(out.library.size());
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    out.backend = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    const bool keras = std::ranges::find(kBackends, out.backend) != kBackends.end();
    if (out.library == "keras" && !keras) {
      return wrong("'" + out.backend + "' is no backend of Keras",
                   "write numpy, jax, torch or tensorflow after the ':'");
    }
    if (out.library != "keras") {
      return wrong(out.library + " has one backend only", "leave ':" + out.backend + "' out");
    }
  }
  if (!rest.empty()) {
    out.version = rest.substr(1);
    const std::vector<int> numbers = VersionNumbers(out.version);
    if (numbers.size() != 3) {
      return wrong("'" + out.version + "' is no version", "write three numbers, as in @3.10.0");
    }
    if (out.library == "keras" && numbers[0] != 3) {
      return wrong("that is not Keras 3", "Keras 2 is the testee tf_keras, as in tf_keras@2.16.0");
    }
  }
  return out;
}

std::string BackendOf(const LoaderName& name) {
  if (name.library != "keras" || !name.backend.empty()) return name.backend;
  const std::string given = ValueOfVariable("KERAS_BACKEND");
  if (!given.empty()) return given;
  return name.version.starts_with("3.0.") ? "jax" : "numpy";
}

std::vector<int> VersionNumbers(std::string_view version) {
  std::vector<int> numbers;
  for (const char* at = version.data(); at != version.data() + version.size();) {
    int number = 0;
    const char* end = version.data() + version.size();
    const auto [after, error] = std::from_chars(at, end, number);
    const bool digit = *at >= '0' && *at <= '9';
    const bool goes_on = after != end && *after == '.' && after + 1 != end;
    if (error != std::errc() || !digit || !(after == end || goes_on)) return {};
    numbers.push_back(number);
    at = after == end ? end : after + 1;
  }
  return numbers;
}

std::string EnvironmentsFolder() {
  const std::string folder = ValueOfVariable("WEIGHTPROOF_VENVS");
  return folder.empty() ? WEIGHTPROOF_SOURCE_DIR "/build/venv" : folder;
}

std::string EnvironmentOf(const LoaderName& name) {
  LoaderName known = name;
  if (known.version == DefaultVersion(known.library)) known.version.clear();
  return EnvironmentsFolder() + "/" + FolderName(known);
}

Result<std::string> InterpreterOf(const LoaderName& name) {
  if (name.version.empty() && name.library != "tfjs") {
    const std::string backend = BackendOf(name);
    const bool usual = name.library != "keras" || backend == "numpy" || backend == "jax";
    const std::string named = ValueOfVariable(
        name.library == "keras" ? "WEIGHTPROOF_KERAS_PYTHON" : "WEIGHTPROOF_TF_KERAS_PYTHON");
    if (usual && !named.empty()) return named;
  }
  const std::string folder = EnvironmentOf(name);
  const std::string python = folder + "/bin/python";
  // The list of packages is written when all of them are there.
  const std::string finished = folder + "/requirements.txt";
  if (access(python.c_str(), X_OK) == 0 && access(finished.c_str(), R_OK) == 0) return python;
  return Fail(ErrorKind::kBadConfig, name.Text(), "there is no environment for it at " + python,
              "run scripts/venv " + name.Text() + ", which makes it, or scripts/check --testee " +
                  name.Text());
}

std::vector<std::string> VersionsAtHand(const LoaderName& name) {
  std::vector<std::pair<std::vector<int>, std::string>> found;
  const auto consider = [&](const std::string& version) {
    LoaderName one = name;
    one.version = version;
    std::vector<int> numbers = VersionNumbers(version);
    if (numbers.size() == 3 && InterpreterOf(one)) found.emplace_back(std::move(numbers), version);
  };
  std::set<std::string> versions{DefaultVersion(name.library)};
  std::error_code error;
  const std::string start = name.library + "@";
  for (const auto& entry : std::filesystem::directory_iterator(EnvironmentsFolder(), error)) {
    const std::string folder = entry.path().filename().string();
    if (!folder.starts_with(start)) continue;
    versions.insert(folder.substr(start.size(), folder.find('+') - start.size()));
  }
  for (const std::string& version : versions) consider(version);
  std::ranges::sort(found);
  std::vector<std::string> out;
  for (auto& [numbers, version] : found) out.push_back(std::move(version));
  return out;
}

}  // namespace weightproof
