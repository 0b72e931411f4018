// What a load has no business with: files beside the case's own folder, and a watch over them.
// Nothing here harms: the bait's code writes an empty file beside itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace weightproof {

struct Bait {
  std::string folder;       // absolute; a sibling of the case's folder, gone with this object
  std::string module;       // name of the Python module, another one for each case
  std::string module_file;  // where an `import` from the reader's working directory finds it

  std::string hdf5() const { return folder + "/bait.h5"; }  // the file as it was before the damage
  std::string raw() const { return folder + "/bait.bin"; }  // one dataset's values
  std::string vocabulary() const { return folder + "/bait.txt"; }
  std::string marker() const { return folder + "/ran"; }       // made by the bait's code
  std::string dropped() const { return folder + "/dropped"; }  // where an archive's entry points to
};

inline constexpr std::string_view kBaitModulePrefix = "weightproof_bait_";
inline constexpr std::size_t kBaitModuleBytes = 25;  // prefix and eight digits

// Lays out the bait of the case in `directory`; the module lies in `working_directory`, which is
// made. Errors: nothing can be written there.
Result<Bait> PlantBait(const std::string& directory, const std::string& working_directory);
void RemoveBait(const Bait& bait);

// From its construction on, sees who opens or reads the bait (inotify; this process included).
class BaitWatch {
 public:
  explicit BaitWatch(const Bait& bait);
  ~BaitWatch();
  BaitWatch(const BaitWatch&) = delete;
  BaitWatch& operator=(const BaitWatch&) = delete;

  bool ok() const { return fd_ >= 0; }
  // Names of the bait files that were opened so far, sorted, each once; files that are new in the
  // folder; whether the code ran.
  struct Seen {
    std::vector<std::string> opened;
    std::vector<std::string> written;
    bool ran = false;
  };
  Seen Look();

 private:
  const Bait& bait_;
  int fd_ = -1;
  int module_watch_ = -1;
  std::vector<std::string> before_;
  std::vector<std::string> opened_;
};

}  // namespace weightproof
