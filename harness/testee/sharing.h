// Lets the requests of neighbouring cases share work with a slow loader. While it shares, equal
// saves and equal control arms are answered once, and the worker may use a model again:
//
//   case k    save W -> file, load R, assign R      three models made
//   case k+1  the same save: file and answer again; load R by another path: the model R again;
//             assign R: the answer again           none
//
// A save in shards leaves several files; all of them are handed on.
//
// Such answers sift. What they falsify is asked again with sharing off, where every request is
// played whole.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/testee/testee.h"

namespace weightproof {

class SharingTestee : public Testee {
 public:
  explicit SharingTestee(std::unique_ptr<Testee> inner) : inner_(std::move(inner)) {}

  // Has no effect on a testee that does not reuse models.
  void Share(bool on) { on_ = on && inner_->Describe().reuses_models; }

  const Description& Describe() const override { return inner_->Describe(); }
  Answer Save(const SaveRequest& request) override;
  Answer Load(const LoadRequest& request) override;
  Answer Assign(const AssignRequest& request) override;

 private:
  // What a save left in the folder of its path: names and bytes.
  using SavedFiles = std::vector<std::pair<std::string, std::string>>;
  struct Kept {
    std::string request;  // without the case's folder
    std::string directory;
    Answer answer;
    SavedFiles files;  // of a save
  };

  static const Kept* Find(const std::deque<Kept>& kept, const std::string& request);
  static void Keep(std::deque<Kept>& kept, Kept one);
  // What is in `folder` and not among `names`; nullopt: more than files of a moderate size.
  static std::optional<SavedFiles> NewFiles(const std::filesystem::path& folder,
                                            const std::set<std::string>& names);
  // As a save to `path` left them. False, and nothing done, where another one is there already.
  static bool PutInto(const std::filesystem::path& path, const SavedFiles& files);

  std::unique_ptr<Testee> inner_;
  bool on_ = false;
  std::deque<Kept> saves_;
  std::deque<Kept> controls_;
};

}  // namespace weightproof
