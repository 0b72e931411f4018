#include "harness/hostile/hostile_file.h"

#include <gtest/gtest.h>
#include <hdf5.h>
#include <zip.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/hostile/hostile_internal.h"
#include "model/checkpoint/hdf5.h"
#include "model/checkpoint/hdf5_library.h"

namespace weightproof {
namespace {

namespace fs = std::filesystem;

class Hostile : public ::testing::Test {
 protected:
  void SetUp() override {
    char text[] = "/tmp/weightproof-hostile-XXXXXX";
    ASSERT_NE(mkdtemp(text), nullptr);
    scratch_ = text;
    fs::create_directory(scratch_ + "/case");
    Result<Bait> bait = PlantBait(scratch_ + "/case", scratch_ + "/case/wd");
    ASSERT_TRUE(bait) << bait.error().Text();
    bait_ = *std::move(bait);
  }
  void TearDown() override {
    RemoveBait(bait_);
    EXPECT_FALSE(fs::exists(bait_.folder));
    EXPECT_FALSE(fs::exists(bait_.module_file));
    fs::remove_all(scratch_);
  }

  // A file with a/x (2, 3) of float32 and an attribute `model_config`.
  static std::string File(const std::string& config = "") {
    Tensor tensor(DType::kFloat32, {2, 3});
    for (std::size_t i = 0; i < 6; ++i) tensor.values<float>()[i] = static_cast<float>(i + 1);
    Dataset dataset;
    dataset.value.shape = {2, 3};
    dataset.value.bytes.Own().assign(tensor.bytes().begin(), tensor.bytes().end());
    Group root, a;
    AddChild(a, {"x", std::move(dataset)});
    AddChild(root, {"a", std::move(a)});
    if (!config.empty()) SetAttribute(root.attributes, StringAttribute("model_config", config));
    const auto bytes = WriteHdf5(root);
    return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
  }

  Result<std::string> Make(DamageOp op, const std::string& how = "", std::int64_t bytes = 0) {
    Damage edit;
    edit.op = op;
    edit.path = "a/x";
    edit.how = how;
    edit.bytes = bytes;
    return MakeHostileHdf5(File(), edit, bait_);
  }

  // a/x as the HDF5 library reads it, following whatever is there.
  std::vector<float> Read(const std::string& file) {
    const std::string path = scratch_ + "/case/m.h5";
    EXPECT_TRUE(WriteWhole(path, file));
    const hdf5::Silence silence;
    const hdf5::Handle opened(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT),
                              hdf5::Kind::kFile);
    const hdf5::Handle x(H5Dopen2(opened.id(), "a/x", H5P_DEFAULT), hdf5::Kind::kObject);
    std::vector<float> values(6);
    if (!x.ok() ||
        H5Dread(x.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
      return {};
    }
    return values;
  }

  std::string scratch_;
  Bait bait_;
};

using Names = std::vector<std::string>;
const std::vector<float> kWhole = {1, 2, 3, 4, 5, 6};

TEST_F(Hostile, LinksStorageAndVirtualDatasetsLeadToTheBaitAndTheWatchSeesIt) {
  struct Row {
    DamageOp op;
    const char* how;
    const char* opened;
  };
  for (const Row& row : {Row{DamageOp::kExternalLink, "", "bait.h5"},
                         Row{DamageOp::kExternalStorage, "", "bait.bin"},
                         Row{DamageOp::kVirtual, "elsewhere", "bait.h5"}}) {
    const Result<std::string> file = Make(row.op, row.how);
    ASSERT_TRUE(file) << file.error().Text();
    BaitWatch watch(bait_);
    ASSERT_TRUE(watch.ok());
    EXPECT_EQ(watch.Look().opened, Names{});
    EXPECT_EQ(Read(*file), kWhole);
    EXPECT_EQ(watch.Look().opened, Names{row.opened});
  }
}

TEST_F(Hostile, TheStrictReaderRefusesEachOfThemAndLooksAtNothing) {
  for (const DamageOp op : {DamageOp::kExternalLink, DamageOp::kSoftLink,
                            DamageOp::kExternalStorage, DamageOp::kVirtual}) {
    const Result<std::string> file = Make(op, "elsewhere");
    ASSERT_TRUE(file) << file.error().Text();
    BaitWatch watch(bait_);
    EXPECT_FALSE(ReadHdf5(std::as_bytes(std::span(*file)), "m.h5"));
    EXPECT_EQ(watch.Look().opened, Names{});
  }
}

TEST_F(Hostile, ASoftLinkLeadsElsewhereNowhereOrToItself) {
  EXPECT_EQ(Read(*Make(DamageOp::kSoftLink, "elsewhere")), kWhole);
  EXPECT_EQ(Read(*Make(DamageOp::kSoftLink, "nowhere")), std::vector<float>());
  EXPECT_EQ(Read(*Make(DamageOp::kSoftLink, "itself")), std::vector<float>());
}

TEST_F(Hostile, AHugeDatasetIsNoneOnDisk) {
  for (const char* how : {"contiguous", "chunked"}) {
    const Result<std::string> file = Make(DamageOp::kHuge, how, std::int64_t{1} << 29);
    ASSERT_TRUE(file) << file.error().Text();
    EXPECT_LT(file->size(), std::size_t{64} << 10);
  }
}

TEST_F(Hostile, WhatIsNotThereIsRefused) {
  Damage edit;
  edit.op = DamageOp::kExternalLink;
  edit.path = "b/y";
  EXPECT_FALSE(MakeHostileHdf5(File(), edit, bait_));
  EXPECT_FALSE(
      MakeHostile("no archive", RouteFormat::kKerasArchive, Dialect::kKeras3, edit, bait_));
  edit.op = DamageOp::kConfig;
  edit.how = "module";
  EXPECT_FALSE(MakeHostile(File(), RouteFormat::kLegacyH5Model, Dialect::kKeras3, edit, bait_));
}

constexpr const char* kConfig =
    R"({"class_name": "Sequential", "config": {"name": "m", "layers": [)"
    R"({"class_name": "InputLayer", "config": {"name": "i"}},)"
    R"({"class_name": "Dense", "config": {"name": "d", "units": 3}}]}})";

TEST_F(Hostile, AConfigNamesTheBaitInThePlaceOfItsFirstLayer) {
  Damage edit;
  edit.op = DamageOp::kConfig;
  const auto layer = [&](const char* how, Dialect dialect) {
    edit.how = how;
    const auto text = MakeHostileConfig(kConfig, dialect, edit, bait_);
    return nlohmann::json::parse(*text)["config"]["layers"][1];
  };
  EXPECT_EQ(layer("module", Dialect::kKeras3)["module"], bait_.module);
  EXPECT_EQ(layer("function", Dialect::kKeras3)["config"]["function"]["module"], bait_.module);
  EXPECT_EQ(layer("lambda", Dialect::kKeras3)["config"]["function"]["class_name"], "__lambda__");
  EXPECT_EQ(layer("lambda", Dialect::kTfKeras)["config"]["function_type"], "lambda");
  EXPECT_EQ(layer("vocabulary", Dialect::kTfKeras)["config"]["vocabulary"], bait_.vocabulary());
  EXPECT_EQ(layer("vocabulary", Dialect::kTfKeras)["config"]["name"], "d");
  EXPECT_FALSE(layer("vocabulary", Dialect::kTfKeras).contains("module"));

  edit.how = "module";
  const Result<std::string> file =
      MakeHostile(File(kConfig), RouteFormat::kLegacyH5Model, Dialect::kKeras3, edit, bait_);
  ASSERT_TRUE(file) << file.error().Text();
  EXPECT_NE(file->find(bait_.module), std::string::npos);
}

TEST_F(Hostile, AnArchiveGetsABombATraversalAndWeightsThatLinkElsewhere) {
  const std::string path = scratch_ + "/m.keras";
  const std::string weights = File();
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  ASSERT_NE(zip, nullptr);
  zip_file_add(zip, "config.json", zip_source_buffer(zip, kConfig, std::strlen(kConfig), 0), 0);
  zip_file_add(zip, "model.weights.h5", zip_source_buffer(zip, weights.data(), weights.size(), 0),
               0);
  ASSERT_EQ(zip_close(zip), 0);
  std::string archive;
  ASSERT_TRUE(ReadWhole(path, archive));

  // Name of entry i and its size when inflated.
  const auto entry = [&](const Damage& edit, std::uint64_t i) {
    const Result<std::string> made =
        MakeHostile(archive, RouteFormat::kKerasArchive, Dialect::kKeras3, edit, bait_);
    EXPECT_TRUE(made) << made.error().Text();
    EXPECT_LT(made->size(), std::size_t{1} << 20);
    EXPECT_TRUE(WriteWhole(path, *made));
    zip_t* opened = zip_open(path.c_str(), ZIP_RDONLY, nullptr);
    zip_stat_t info;
    zip_stat_init(&info);
    zip_stat_index(opened, i, 0, &info);
    std::pair<std::string, std::uint64_t> out = {info.name, info.size};
    zip_discard(opened);
    return out;
  };
  Damage edit;
  edit.op = DamageOp::kBomb;
  edit.how = "config";
  edit.bytes = std::int64_t{1} << 26;
  EXPECT_EQ(entry(edit, 0).second, std::strlen(kConfig) + (std::uint64_t{1} << 26));
  edit.how = "asset";
  EXPECT_EQ(entry(edit, 2).first, "assets/bait.txt");
  edit.op = DamageOp::kTraversal;
  edit.how = "absolute";
  EXPECT_EQ(entry(edit, 2).first, bait_.dropped());
  edit.how = "parent";
  EXPECT_TRUE(entry(edit, 2).first.ends_with("/.." + bait_.dropped()));
  edit.op = DamageOp::kVirtual;
  edit.path = "a/x";
  edit.how = "itself";
  EXPECT_NE(entry(edit, 1).second, weights.size());
  EXPECT_TRUE(fs::exists(bait_.hdf5()));
}

TEST_F(Hostile, TheWatchSeesCodeRunAndFilesMade) {
  BaitWatch watch(bait_);
  std::ofstream(bait_.dropped()) << "x";
  EXPECT_EQ(watch.Look().written, Names{"dropped"});
  EXPECT_FALSE(watch.Look().ran);
  EXPECT_EQ(std::system(("python3 -B " + bait_.module_file).c_str()), 0);
  EXPECT_TRUE(watch.Look().ran);
  EXPECT_EQ(watch.Look().opened, Names{"bait module"});
}

}  // namespace
}  // namespace weightproof
