#include "harness/testee/sharing.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace weightproof {
namespace {

// Counts what reaches it; a save writes the number of saves so far.
class CountingTestee : public Testee {
 public:
  explicit CountingTestee(bool reuses) { description_.reuses_models = reuses; }
  const Description& Describe() const override { return description_; }
  Answer Save(const SaveRequest& request) override {
    ++saves;
    reused = request.build.reuse;
    if (refuses) return Refusal(request.path);
    std::ofstream(request.path) << saves;
    if (request.sharded) std::ofstream(request.path + "_0") << "shard " << saves;
    Answer answer;
    answer.reports.push_back({"warning", "", "wrote " + request.path});
    return answer;
  }
  Answer Load(const LoadRequest& request) override {
    ++loads;
    reused = request.build.reuse;
    return {};
  }
  Answer Assign(const AssignRequest& request) override {
    ++assigns;
    reused = request.build.reuse;
    before = request.build.before.size();
    return {};
  }

  static Answer Refusal(const std::string& path) {
    Answer answer;
    answer.outcome = Outcome::kRefused;
    answer.error_message = "no " + path;
    return answer;
  }

  int saves = 0, loads = 0, assigns = 0;
  bool reused = false, refuses = false;
  std::size_t before = 0;

 private:
  Description description_;
};

class Sharing : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = (std::filesystem::temp_directory_path() / "sharing_XXXXXX").string();
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
    architecture_.input_shape = {1};
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string Folder(const std::string& name) const {
    std::filesystem::create_directory(root_ + "/" + name);
    return root_ + "/" + name;
  }
  BuildRequest Plays(const std::string& folder) const {
    BuildRequest build;
    build.program = {&architecture_, &build_};
    build.directory = folder;
    return build;
  }
  SaveRequest SaveIn(const std::string& folder, const std::string& name = "m.h5") const {
    SaveRequest request;
    request.build = Plays(folder);
    request.path = folder + "/" + name;
    return request;
  }
  static std::string Read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The wrapper owns the testee; the test looks at it.
  CountingTestee& Wrap(bool reuses = true) {
    auto counting = std::make_unique<CountingTestee>(reuses);
    CountingTestee& kept = *counting;
    sharing_ = std::make_unique<SharingTestee>(std::move(counting));
    sharing_->Share(true);
    return kept;
  }

  std::string root_;
  ArchitectureSpec architecture_;
  Build build_ = {Step{}};
  std::unique_ptr<SharingTestee> sharing_;
};

TEST_F(Sharing, AnEqualSaveInAnotherFolderGetsTheFileAndTheWordsOfItsOwnPath) {
  CountingTestee& inner = Wrap();
  sharing_->Save(SaveIn(Folder("a")));
  const std::string b = Folder("b");
  const Answer again = sharing_->Save(SaveIn(b));
  EXPECT_EQ(inner.saves, 1);
  EXPECT_EQ(Read(b + "/m.h5"), "1");
  ASSERT_EQ(again.reports.size(), 1u);
  EXPECT_EQ(again.reports[0].text, "wrote " + b + "/m.h5");
}

TEST_F(Sharing, ASaveThatDiffersOrThatFindsSomethingThereIsDone) {
  CountingTestee& inner = Wrap();
  sharing_->Save(SaveIn(Folder("a")));
  sharing_->Save(SaveIn(Folder("b"), "other.h5"));
  EXPECT_EQ(inner.saves, 2);
  const std::string c = Folder("c");
  std::ofstream(c + "/m.h5") << "old";
  sharing_->Save(SaveIn(c));
  EXPECT_EQ(inner.saves, 3);
  std::filesystem::create_symlink(c + "/m.h5", Folder("link") + "/m.h5");
  sharing_->Save(SaveIn(root_ + "/link"));
  EXPECT_EQ(inner.saves, 4);
  inner.saves = 3;
  SaveRequest twice = SaveIn(Folder("d"));
  twice.build.session.fresh = true;
  sharing_->Save(twice);
  EXPECT_EQ(inner.saves, 4);
  EXPECT_FALSE(inner.reused);
}

TEST_F(Sharing, ASaveOverAnEqualFileGetsTheFileOfTheFirst) {
  CountingTestee& inner = Wrap();
  for (const char* folder : {"a", "b", "c"}) {
    std::ofstream(Folder(folder) + "/m.h5") << (*folder == 'c' ? "another one" : "old");
    sharing_->Save(SaveIn(root_ + "/" + folder));
  }
  EXPECT_EQ(inner.saves, 2);
  EXPECT_EQ(Read(root_ + "/b/m.h5"), "1");
  EXPECT_EQ(Read(root_ + "/c/m.h5"), "2");
}

TEST_F(Sharing, AllFilesOfAShardedSaveAreHandedOnUnlessOneIsThere) {
  CountingTestee& inner = Wrap();
  SaveRequest request = SaveIn(Folder("a"));
  request.sharded = true;
  std::ofstream(root_ + "/a/other") << "not of the save";
  sharing_->Save(request);
  const std::string b = Folder("b");
  request = SaveIn(b);
  request.sharded = true;
  sharing_->Save(request);
  EXPECT_EQ(inner.saves, 1);
  EXPECT_EQ(Read(b + "/m.h5"), "1");
  EXPECT_EQ(Read(b + "/m.h5_0"), "shard 1");
  EXPECT_FALSE(std::filesystem::exists(b + "/other"));
  const std::string c = Folder("c");
  std::ofstream(c + "/m.h5_0") << "old";
  request = SaveIn(c);
  request.sharded = true;
  sharing_->Save(request);
  EXPECT_EQ(inner.saves, 2);
  EXPECT_EQ(Read(c + "/m.h5_0"), "shard 2");
}

TEST_F(Sharing, ASaveThatReplacesShardsIsHandedOnOverThoseAlone) {
  CountingTestee& inner = Wrap();
  const auto save_over = [&](const std::string& name, const std::string& shard) {
    const std::string folder = Folder(name);
    std::ofstream(folder + "/m.h5") << "old";
    if (!shard.empty()) std::ofstream(folder + "/m.h5_0") << shard;
    SaveRequest request = SaveIn(folder);
    request.sharded = true;
    sharing_->Save(request);
    return Read(folder + "/m.h5") + " with " + Read(folder + "/m.h5_0");
  };
  EXPECT_EQ(save_over("a", "old shard"), "1 with shard 1");
  EXPECT_EQ(save_over("b", "old shard"), "1 with shard 1");
  EXPECT_EQ(inner.saves, 1);
  EXPECT_EQ(save_over("c", "another shard"), "2 with shard 2");
  EXPECT_EQ(save_over("d", ""), "3 with shard 3");
  EXPECT_EQ(inner.saves, 3);
}

TEST_F(Sharing, ASaveThroughALinkInTheFolderIsHandedOnThroughOne) {
  CountingTestee& inner = Wrap();
  const auto save_through = [&](const std::string& name, const std::string& target) {
    const std::string folder = Folder(name);
    Folder(name + "/linked");
    std::filesystem::create_symlink(folder + target, folder + "/m.h5");
    sharing_->Save(SaveIn(folder));
    EXPECT_TRUE(std::filesystem::is_symlink(folder + "/m.h5"));
    return Read(folder + target);
  };
  EXPECT_EQ(save_through("a", "/linked/target"), "1");
  EXPECT_EQ(save_through("b", "/linked/target"), "1");
  EXPECT_EQ(save_through("c", "/linked/other"), "2");
  EXPECT_EQ(inner.saves, 2);
}

TEST_F(Sharing, ARefusedSaveIsAskedOnceForEachThingThatItFinds) {
  CountingTestee& inner = Wrap();
  inner.refuses = true;
  sharing_->Save(SaveIn(Folder("a")));
  const std::string b = Folder("b");
  const Answer again = sharing_->Save(SaveIn(b));
  EXPECT_EQ(inner.saves, 1);
  EXPECT_EQ(again.outcome, Outcome::kRefused);
  EXPECT_EQ(again.error_message, "no " + b + "/m.h5");
  EXPECT_FALSE(std::filesystem::exists(b + "/m.h5"));
  std::ofstream(Folder("c") + "/m.h5") << "old";
  sharing_->Save(SaveIn(root_ + "/c"));
  EXPECT_EQ(inner.saves, 2);
}

TEST_F(Sharing, AControlLoadOfAnEqualFileIsDoneOnce) {
  CountingTestee& inner = Wrap();
  const auto load_from = [&](const std::string& name, const std::string& content) {
    LoadRequest request;
    request.build = Plays(Folder(name));
    request.path = root_ + "/" + name + "/m.h5";
    request.is_control = true;
    std::ofstream(request.path) << content;
    sharing_->Load(request);
    return inner.loads;
  };
  EXPECT_EQ(load_from("a", "file"), 1);
  EXPECT_EQ(load_from("b", "file"), 1);
  EXPECT_EQ(load_from("c", "another"), 2);
}

TEST_F(Sharing, ControlArmsForgetEarlierModelsAndAreAskedOnce) {
  CountingTestee& inner = Wrap();
  const std::vector<NamedTensor> weights;
  AssignRequest request;
  request.build = Plays(Folder("a"));
  request.weights = &weights;
  request.build.before = {{&architecture_, &build_}};
  sharing_->Assign(request);
  EXPECT_EQ(inner.before, 0u);
  EXPECT_TRUE(inner.reused);
  request.build = Plays(Folder("b"));
  sharing_->Assign(request);
  EXPECT_EQ(inner.assigns, 1);
  const std::vector<NamedTensor> others = {{"0/kernel", Tensor(DType::kFloat32, {1, 1})}};
  request.weights = &others;
  sharing_->Assign(request);
  EXPECT_EQ(inner.assigns, 2);
}

TEST_F(Sharing, EveryLoadIsDoneAndOneThatIsToHappenTwiceIsPlayedWhole) {
  CountingTestee& inner = Wrap();
  LoadRequest request;
  request.build = Plays(Folder("a"));
  sharing_->Load(request);
  sharing_->Load(request);
  EXPECT_EQ(inner.loads, 2);
  EXPECT_TRUE(inner.reused);
  request.build.session.load_twice = true;
  sharing_->Load(request);
  EXPECT_FALSE(inner.reused);
}

TEST_F(Sharing, NothingIsSharedWhenItIsOffOrTheTesteeDoesNotKnowIt) {
  CountingTestee& inner = Wrap();
  sharing_->Share(false);
  sharing_->Save(SaveIn(Folder("a")));
  sharing_->Save(SaveIn(Folder("b")));
  EXPECT_EQ(inner.saves, 2);
  EXPECT_FALSE(inner.reused);
  CountingTestee& other = Wrap(false);
  sharing_->Save(SaveIn(Folder("c")));
  sharing_->Save(SaveIn(Folder("d")));
  EXPECT_EQ(other.saves, 2);
}

}  // namespace
}  // namespace weightproof
