// The player behind Observe. Extra arms live in observe_arms.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/hostile/bait.h"
#include "harness/properties/observe.h"
#include "harness/properties/paths.h"

namespace weightproof {

std::span<const std::byte> AsBytes(const std::string& text);

class Player {
 public:
  Player(const Case& c, Testee& writer, Testee& reader, const std::string& directory,
         const ObserveOptions& options)
      : c_(c), writer_(writer), reader_(reader), directory_(directory), options_(options) {}
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  ObserveResult Play();

 private:
  void Translate();  // which dialect each side plays
  // Whether another dialect means the same by that build; if not, the case is unsupported.
  bool MeansTheSame(const Build& build, const ModelPlan& plan, Dialect other);
  bool Plan();
  bool Save();
  bool TakeGivenFile();
  bool Transport(const ResolvedPath& saved);
  bool DamageFile();
  // The file with its one hostile edit, and the bait that it points to.
  bool MakeHostileFile();
  // The load, watched where the file is hostile. False: nothing can be watched here.
  bool LoadWatched();
  // No truth is decoded from such a file, and a real loader is asked only whether it stays at home.
  bool IsHostileToReader() const { return IsHostile(c_) && !o_.reader->makes_reports; }
  void OverlookOne(const std::string& whole, std::string& read, Result<Group>& strict) const;
  bool ReadTree();
  bool Load();
  void PlayExtraArms();
  // Whether two libraries that hold the same values predict the same.
  void CompareLibraries();
  void PlayCleanLoad();
  void PlayUndetectable();
  // Whether a model of this plan, holding what the reader's holds, writes the file's content.
  bool CouldHaveWritten(const ModelPlan& plan) const;
  bool SubclassCouldHaveWritten() const;
  void PlayPlainPath();
  void PlayPlainSession();
  void PlaySavingRepeats();
  void PlayRemedy();
  void PlayUncompiled();

  // Whether the arms of this clause are wanted at all.
  bool Asked(std::string_view clause) const {
    return options_.clause.empty() || options_.clause == clause;
  }
  // Whether costly arms of this clause run for this case: one case in `one_in`, by its seed.
  bool Sampled(std::string_view clause, unsigned one_in) const;

  // One HDF5 file, whose tree tells what was saved.
  bool IsOneFile() const {
    return c_.route.format != RouteFormat::kKerasArchive && !c_.route.sharded;
  }
  // Where a path of the route leads; weights in several files are known by their `.weights.json`.
  ResolvedPath Where(const PathSpec& path, const SessionSpec& session) const;
  // A short path in the same suffix class as `path`.
  std::string PlainPath(std::string_view path) const;

  BuildRequest WriterBuild() const;
  BuildRequest ReaderBuild() const;
  // The writer's program, played by the reader.
  BuildRequest WriterBuildForReader() const;
  // The value in the dtype of the reader's variable.
  Tensor AsRead(const std::string& id, const Tensor& value) const;
  // The reader's model in the dialect of the library that wrote the file.
  const ModelPlan& FilePlan() const { return file_plan_ ? *file_plan_ : o_.reader_plan; }
  SaveRequest SaveTo(const std::string& path) const;
  LoadRequest LoadFrom(const std::string& path) const;
  static bool Fail(std::string* slot, std::string why);

  const Case& c_;
  Testee& writer_;
  Testee& reader_;
  const std::string& directory_;
  const ObserveOptions& options_;

  ObserveResult result_;
  Observation o_;
  ArchitectureSpec written_;  // as the writer plays it
  ArchitectureSpec read_;     // as the reader plays it: the same in its dialect
  std::optional<ModelPlan> file_plan_;
  Build reader_build_;
  std::vector<Program> writer_before_;
  std::vector<Program> reader_before_;
  Tensor inputs_;
  std::vector<Tensor> more_inputs_;
  std::string file_;  // bytes of the file as the reader finds it
  std::optional<Bait> bait_;
};

}  // namespace weightproof
