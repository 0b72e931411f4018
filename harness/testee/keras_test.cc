#include "harness/testee/keras.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "harness/testee/documentation.h"

namespace weightproof {
namespace {

constexpr const char* kTableOf392 = R"({"schema": 1, "library": "keras", "version": "3.9.2",
  "sentences": [{"id": "first", "quote": "Weights of other layers are skipped.", "object": "toy",
  "why": "they are not", "clauses": ["round-trips"], "causes": ["half"]}]})";

// An environment whose python is a shell script that describes itself as keras 3.9.2.
class RealLoader : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "loader_XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    setenv("WEIGHTPROOF_VENVS", folder_.c_str(), 1);
    unsetenv("KERAS_BACKEND");
    Environment("keras@3.9.2");
    Environment("keras@3.9.2+torch");
    Environment("keras@3.8.0");
  }
  void TearDown() override {
    unsetenv("WEIGHTPROOF_VENVS");
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void Environment(const std::string& name) const {
    const std::string bin = folder_ + "/" + name + "/bin";
    std::filesystem::create_directories(bin);
    std::ofstream(bin + "/python")
        << "#!/bin/sh\nread line\n"
        << R"(printf '{"id": 1, "outcome": "ok", "protocol": 1, "name": "keras", "version": )"
        << R"("3.9.2", "backend": "%s", "space": {"layers": ["Dense"], "formats": [], )"
        << R"("dialects": [], "modes": [], "steps": []}}\n' "$KERAS_BACKEND"; read line)"
        << "\n";
    chmod((bin + "/python").c_str(), 0755);
    std::ofstream(folder_ + "/" + name + "/requirements.txt") << "\n";
  }

  std::string folder_;
};

TEST_F(RealLoader, IsStartedWithTheVersionAndBackendOfItsName) {
  for (const auto& [name, backend] :
       {std::pair("keras@3.9.2", "numpy"), std::pair("keras@3.9.2:jax", "jax"),
        std::pair("keras@3.9.2:torch", "torch")}) {
    const auto testee = MakeWorker(name);
    ASSERT_TRUE(testee) << testee.error().Text();
    EXPECT_EQ((*testee)->Describe().version, "3.9.2");
    EXPECT_EQ((*testee)->Describe().backend, backend) << name;
  }
}

TEST_F(RealLoader, AnEnvironmentThatHoldsAnotherVersionIsRefused) {
  const auto testee = MakeWorker("keras@3.8.0");
  ASSERT_FALSE(testee);
  EXPECT_TRUE(testee.error().message.ends_with("has keras 3.9.2")) << testee.error().Text();
}

TEST_F(RealLoader, OnlySentencesFoundInItsOwnVersionMakeBugs) {
  EXPECT_EQ((*MakeWorker("keras@3.9.2"))->Describe().documentation, nullptr)
      << "the committed table is of another version";
  std::ofstream(folder_ + "/keras@3.9.2/promises.json") << kTableOf392;
  const auto documentation = (*MakeWorker("keras@3.9.2"))->Describe().documentation;
  ASSERT_NE(documentation, nullptr);
  EXPECT_EQ(documentation->version, "3.9.2");
  EXPECT_NE(documentation->Find("first"), nullptr);
}

TEST_F(RealLoader, ANameThatIsNoneNamesWhatToWrite) {
  EXPECT_FALSE(MakeWorker("keras@3.9"));
  EXPECT_FALSE(MakeWorker("keras@3.7.0")) << "not made";
  EXPECT_FALSE(MakeWorker("worker: "));
}

}  // namespace
}  // namespace weightproof
