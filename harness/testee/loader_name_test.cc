#include "harness/testee/loader_name.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "harness/testee/command_for_test.h"

namespace weightproof {
namespace {

TEST(LoaderName, HasALibraryAVersionAndABackend) {
  const Result<LoaderName> name = ParseLoaderName("keras@3.10.0:jax");
  ASSERT_TRUE(name) << name.error().Text();
  EXPECT_EQ(name->library, "keras");
  EXPECT_EQ(name->version, "3.10.0");
  EXPECT_EQ(name->backend, "jax");
  EXPECT_EQ(name->Text(), "keras@3.10.0:jax");
  for (const char* good : {"keras", "tf_keras", "tfjs", "tf_keras@2.15.1", "keras:torch"}) {
    const Result<LoaderName> one = ParseLoaderName(good);
    ASSERT_TRUE(one) << one.error().Text();
    EXPECT_EQ(one->Text(), good);
  }
}

TEST(LoaderName, WhatIsNoneIsRefusedWithWhatToWrite) {
  const auto remedy = [](const char* text) {
    EXPECT_TRUE(IsLoaderName(text)) << text;
    const Result<LoaderName> name = ParseLoaderName(text);
    return name ? std::string("accepted") : name.error().remedy;
  };
  EXPECT_EQ(remedy("keras@"), "write three numbers, as in @3.10.0");
  EXPECT_EQ(remedy("keras@3.10"), "write three numbers, as in @3.10.0");
  EXPECT_EQ(remedy("keras@3.10.0rc1"), "write three numbers, as in @3.10.0");
  EXPECT_EQ(remedy("keras@3.-1.0"), "write three numbers, as in @3.10.0");
  EXPECT_EQ(remedy("keras@../../3"), "write three numbers, as in @3.10.0");
  EXPECT_EQ(remedy("keras@2.15.0"), "Keras 2 is the testee tf_keras, as in tf_keras@2.16.0");
  EXPECT_EQ(remedy("keras:theano"), "write numpy, jax, torch or tensorflow after the ':'");
  EXPECT_EQ(remedy("keras:"), "write numpy, jax, torch or tensorflow after the ':'");
  EXPECT_EQ(remedy("tf_keras:jax"), "leave ':jax' out");
  for (const char* other : {"builtin", "fault:x", "worker:keras", "kerast", ""}) {
    EXPECT_FALSE(IsLoaderName(other)) << other;
  }
}

TEST(VersionNumbers, AreNumbersWithDotsBetween) {
  EXPECT_EQ(VersionNumbers("3.0.5"), (std::vector<int>{3, 0, 5}));
  EXPECT_LT(VersionNumbers("3.9.2"), VersionNumbers("3.10.0"));
  for (const char* bad : {"", ".", "3.", ".3", "3..0", "a", "3.0 ", "+3", "99999999999"}) {
    EXPECT_TRUE(VersionNumbers(bad).empty()) << bad;
  }
}

// A folder of environments: the default one of keras is 3.15.1, and 3.9.2 and 3.10.0 are there.
class Environments : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "environments_XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    setenv("WEIGHTPROOF_VENVS", folder_.c_str(), 1);
    for (const char* name : {"WEIGHTPROOF_KERAS_PYTHON", "KERAS_BACKEND"}) unsetenv(name);
    for (const char* name : {"keras", "keras@3.10.0", "keras@3.9.2", "keras@3.9.2+torch"}) {
      const std::string bin = folder_ + "/" + name + "/bin";
      std::filesystem::create_directories(bin);
      std::ofstream(bin + "/python") << "#!/bin/sh\n";
      chmod((bin + "/python").c_str(), 0755);
      std::ofstream(folder_ + "/" + name + "/requirements.txt") << "\n";
    }
    std::ofstream(folder_ + "/keras/requirements.txt") << "# Keras\nkeras==3.15.1\nnumpy==2.4.6\n";
  }
  void TearDown() override {
    unsetenv("WEIGHTPROOF_VENVS");
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string Folder(const char* name) const {
    const Result<std::string> python = InterpreterOf(*ParseLoaderName(name));
    if (!python) return python.error().remedy;
    return std::filesystem::path(*python).parent_path().parent_path().filename().string();
  }

  std::string folder_;
};

TEST_F(Environments, OneForEachVersionAndBackend) {
  EXPECT_EQ(Folder("keras"), "keras");
  EXPECT_EQ(Folder("keras:jax"), "keras") << "the numpy backend needs JAX too";
  EXPECT_EQ(Folder("keras@3.15.1"), "keras") << "the default one under its version";
  EXPECT_EQ(Folder("keras@3.10.0"), "keras@3.10.0");
  EXPECT_EQ(Folder("keras@3.9.2:torch"), "keras@3.9.2+torch");
}

TEST_F(Environments, OneThatIsNotThereIsNamedWithTheCommandThatMakesIt) {
  EXPECT_EQ(Folder("keras@3.8.0:torch"),
            "run scripts/venv keras@3.8.0:torch, which makes it, or scripts/check --testee "
            "keras@3.8.0:torch");
}

TEST_F(Environments, OneThatIsNotFinishedIsNotThere) {
  std::filesystem::remove(folder_ + "/keras@3.10.0/requirements.txt");
  EXPECT_TRUE(Folder("keras@3.10.0").starts_with("run scripts/venv")) << Folder("keras@3.10.0");
}

TEST_F(Environments, ThePythonThatIsNamedIsThatOfTheDefaultVersionOnly) {
  setenv("WEIGHTPROOF_KERAS_PYTHON", "/elsewhere/env/bin/python", 1);
  EXPECT_EQ(Folder("keras"), "env");
  EXPECT_EQ(Folder("keras@3.10.0"), "keras@3.10.0");
  unsetenv("WEIGHTPROOF_KERAS_PYTHON");
}

TEST_F(Environments, AreListedByVersion) {
  EXPECT_EQ(VersionsAtHand(*ParseLoaderName("keras")),
            (std::vector<std::string>{"3.9.2", "3.10.0", "3.15.1"}));
  EXPECT_EQ(VersionsAtHand(*ParseLoaderName("keras:torch")), (std::vector<std::string>{"3.9.2"}));
  EXPECT_TRUE(VersionsAtHand(*ParseLoaderName("tf_keras")).empty());
}

// What scripts/loader.py prints, line by line, and its exit code.
std::pair<std::vector<std::string>, int> LoaderScript(const std::string& arguments) {
  const std::string command =
      "python3 '" WEIGHTPROOF_SOURCE_DIR "/scripts/loader.py' " + arguments + " 2>/dev/null";
  const CommandRun ran = RunCommand(command);
  std::vector<std::string> lines;
  std::istringstream text(ran.text);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return {lines, ran.code};
}

TEST_F(Environments, AreWhereTheScriptMakesThem) {
  for (const std::string library : {"keras", "tf_keras"}) {
    std::filesystem::create_directories(folder_ + "/" + library);
    std::filesystem::copy_file(WEIGHTPROOF_SOURCE_DIR "/scripts/requirements-" + library + ".txt",
                               folder_ + "/" + library + "/requirements.txt",
                               std::filesystem::copy_options::overwrite_existing);
  }
  const std::vector<std::string> names{
      "keras",        "keras:jax",       "keras:torch",       "keras@3.15.1",
      "keras@3.10.0", "keras@3.0.5",     "keras@3.0.5:numpy", "keras@3.15.1:tensorflow",
      "tf_keras",     "keras@3.0.5:jax", "tf_keras@2.21.0",   "tf_keras@2.16.0",
      "tfjs"};
  std::string all;
  for (const std::string& name : names) all += " " + name;
  const auto [folders, code] = LoaderScript("--folder" + all);
  ASSERT_EQ(code, 0) << "scripts/setup installs python3";
  const auto [backends, again] = LoaderScript("--backend" + all);
  ASSERT_EQ(folders.size(), names.size());
  ASSERT_EQ(backends.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const LoaderName parsed = *ParseLoaderName(names[i]);
    EXPECT_EQ(EnvironmentOf(parsed), folder_ + "/" + folders[i]) << names[i];
    EXPECT_EQ(BackendOf(parsed), backends[i]) << names[i];
  }
  for (const std::string name : {"keras@2.15.0", "keras@3.9", "keras:theano", "tf_keras:jax"}) {
    EXPECT_FALSE(ParseLoaderName(name)) << name;
    EXPECT_EQ(LoaderScript(name).second, 2) << name;
  }
}

TEST_F(Environments, KerasOfTheFirstYearRunsOnJaxUnlessAsked) {
  EXPECT_EQ(BackendOf(*ParseLoaderName("keras")), "numpy");
  EXPECT_EQ(BackendOf(*ParseLoaderName("keras@3.0.5")), "jax");
  EXPECT_EQ(BackendOf(*ParseLoaderName("keras@3.0.5:numpy")), "numpy");
  EXPECT_EQ(BackendOf(*ParseLoaderName("tf_keras")), "");
}

}  // namespace
}  // namespace weightproof
