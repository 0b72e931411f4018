// What a case does to the file on its way.
#include <algorithm>

#include "harness/oracle/damage.h"
#include "harness/properties/observe_arms.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

// What the file's text attribute says, wherever a whole model has it.
std::vector<std::string> TextOf(const Group& root, std::string_view attribute) {
  const Attribute* found = FindAttribute(root.attributes, attribute);
  const Child* weights = root.Find("model_weights");
  if (found == nullptr && weights != nullptr && weights->group() != nullptr) {
    found = FindAttribute(weights->group()->attributes, attribute);
  }
  return found != nullptr ? found->value.strings : std::vector<std::string>{};
}

}  // namespace

// A library that is not strict may overlook one edit, such as a byte behind the file's end, and be
// right about what another edit made of the values: `read` becomes the file without the first edit
// that alone makes the strict reader refuse it, and `strict` its tree.
void Player::OverlookOne(const std::string& whole, std::string& read, Result<Group>& strict) const {
  if (std::ranges::count_if(c_.damage, OfBytes, &Damage::op) < 2) return;
  for (std::size_t i = 0; i < c_.damage.size(); ++i) {
    if (!OfBytes(c_.damage[i].op)) continue;
    std::vector<Damage> others = c_.damage;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    std::string file = whole;
    if (!DamageBytes(file, others)) continue;
    Result<Group> tree = ReadHdf5(AsBytes(file), o_.load_path);
    if (!tree) continue;
    read = std::move(file);
    strict = std::move(tree);
    return;
  }
}

// Damages the tree, then the bytes. What the strict reader accepts of damaged bytes is taken as the
// HDF5 library reads it, so that the reader is not judged by itself. What it refuses tells nothing:
// the right values are then those from before, and a refusal is right too.
bool Player::DamageFile() {
  if (!std::ranges::all_of(c_.damage, OfBytes, &Damage::op)) {
    if (const Status applied = ApplyDamage(*o_.tree, c_.damage); !applied) {
      return Fail(&result_.unsupported, applied.error().Text());
    }
    const Result<std::vector<std::byte>> bytes = WriteHdf5(*o_.tree);
    if (!bytes) return Fail(&result_.unsupported, bytes.error().Text());
    file_.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  if (std::ranges::none_of(c_.damage, OfBytes, &Damage::op)) return true;
  const bool ours = reader_.Describe().makes_reports;
  const std::string whole = ours ? std::string() : file_;
  if (const Status applied = DamageBytes(file_, c_.damage); !applied) {
    return Fail(&result_.unsupported, applied.error().Text());
  }
  std::string read = file_;
  Result<Group> strict = ReadHdf5(AsBytes(read), o_.load_path);
  if (!strict && !ours) OverlookOne(whole, read, strict);
  if (!strict) {
    o_.file_refused = strict.error().Text();
    // The strict reader has no opinion on it; another one may have a right one.
    if (!ours && strict.error().kind == ErrorKind::kForbiddenFeature) {
      return Fail(&result_.unsupported, o_.file_refused);
    }
    return true;
  }
  Result<Group> library = ReadHdf5WithLibrary(AsBytes(read), o_.load_path);
  const std::string difference =
      library ? FirstDifference(*strict, *library) : library.error().Text();
  if (!difference.empty()) {
    return Fail(&result_.harness_error,
                "the HDF5 library reads a damaged file otherwise: " + difference);
  }
  o_.other_config = c_.route.load_as == LoadAs::kModel &&
                    TextOf(*o_.tree, "model_config") != TextOf(*library, "model_config");
  // tf-keras converts weights of other versions (keras-formats 1.5); the truth knows no versions.
  if (!ours && TextOf(*o_.tree, "keras_version") != TextOf(*library, "keras_version")) {
    return Fail(&result_.unsupported, "the damaged file names another version of Keras");
  }
  o_.tree = *std::move(library);
  return true;
}

}  // namespace weightproof
