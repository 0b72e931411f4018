// A file that is to make the load leave its home, and the watch over what it would touch.
#include "harness/hostile/hostile_file.h"
#include "harness/properties/observe_arms.h"

namespace weightproof {

Player::~Player() {
  if (bait_) RemoveBait(*bait_);
}

bool Player::MakeHostileFile() {
  const std::string& inner = c_.reader.session.working_directory;
  Result<Bait> bait = PlantBait(directory_, inner.empty() ? directory_ : directory_ + "/" + inner);
  if (!bait) return Fail(&result_.harness_error, bait.error().Text());
  bait_ = *std::move(bait);
  Result<std::string> made =
      MakeHostile(file_, c_.route.format, written_.dialect, c_.damage.front(), *bait_);
  if (!made) return Fail(&result_.unsupported, made.error().Text());
  file_ = *std::move(made);
  return true;
}

bool Player::LoadWatched() {
  if (!bait_) {
    o_.load = reader_.Load(LoadFrom(o_.load_path));
    return true;
  }
  BaitWatch watch(*bait_);
  if (!watch.ok()) return Fail(&result_.harness_error, "inotify cannot watch " + bait_->folder);
  o_.load = reader_.Load(LoadFrom(o_.load_path));
  BaitWatch::Seen seen = watch.Look();
  o_.home = HomeWatch{std::move(seen.opened), std::move(seen.written), seen.ran};
  return true;
}

}  // namespace weightproof
