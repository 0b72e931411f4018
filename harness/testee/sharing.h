// Lets the requests of neighbouring cases share work with a slow loader. While it shares, equal
// saves and equal control arms are answered once, and the worker may use a model again:
//
//   case k    save W -> file, load R, assign R      three models made
//   case k+1  the same save: file and answer again; load R by another path: the model R again;
//             assign R: the answer again           none
//
// A save in shards leaves several files; all of them are handed on. A load is done each time, but
// for the control arms of clauses that ask what the loader says when nothing is wrong.
//
// Such answers sift. What they falsify is asked again with sharing off, where every request is
// played whole.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
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
  // A file in the folder that a save wrote to: its bytes before, if it was there, and after.
  struct Change {
    std::string name;
    std::optional<std::string> before;
    std::string after;
  };
  struct Kept {
    std::string request;  // without the case's folder
    std::string directory;
    Answer answer;
    std::vector<Change> changes;  // of a save
  };
  // Names in a folder and their bytes; nullopt for what is no regular file of a moderate size.
  using Snapshot = std::map<std::string, std::optional<std::string>>;

  static const Kept* Find(const std::deque<Kept>& kept, const std::string& request);
  static void Keep(std::deque<Kept>& kept, Kept one);
  static Snapshot Look(const std::filesystem::path& folder);
  // nullopt where one cannot be made again: a folder, a link, something gone, or too much.
  static std::optional<std::vector<Change>> Changes(const Snapshot& before, const Snapshot& after);
  // False, and nothing done, where a file that changes is not as it was for the first save.
  static bool Repeat(const std::filesystem::path& folder, const std::vector<Change>& changes);

  std::unique_ptr<Testee> inner_;
  bool on_ = false;
  std::deque<Kept> saves_;
  std::deque<Kept> controls_;
  std::deque<Kept> control_loads_;
};

}  // namespace weightproof
