#include "harness/properties/hdf5_reading.h"

#include <algorithm>
#include <string>

#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

constexpr std::string_view kPlace = "file";

std::string FaultOfError(const Error& error) {
  const bool kind =
      error.kind == ErrorKind::kNotAnHdf5File || error.kind == ErrorKind::kDamagedFile ||
      error.kind == ErrorKind::kForbiddenFeature || error.kind == ErrorKind::kLimitExceeded;
  if (!kind) return "a refusal of the kind " + std::string(ErrorKindName(error.kind));
  if (!error.place.starts_with(kPlace)) return "the refusal does not name the file";
  if (error.message.empty() || error.remedy.empty()) return "the refusal says or advises nothing";
  // There is no byte to name in what is no HDF5 file at all.
  if (error.kind != ErrorKind::kNotAnHdf5File && !error.message.contains("(byte ")) {
    return "the refusal names no byte: " + error.message;
  }
  return "";
}

std::string FaultOfArray(const StoredArray& array) {
  const std::optional<std::int64_t> count =
      array.null_space ? std::optional<std::int64_t>(0) : ElementCount(array.shape);
  if (!count) return "a shape of too many elements";
  const auto elements = static_cast<std::size_t>(*count);
  const bool text =
      array.type.cls == StoredClass::kFixedString || array.type.cls == StoredClass::kVlenString;
  if (text) {
    const bool right = array.strings.size() == elements && array.bytes.empty();
    return right ? "" : "another number of texts than the shape says";
  }
  const bool right = array.strings.empty() && array.bytes.size() == elements * array.type.size;
  return right ? "" : "another number of bytes than type and shape say";
}

template <class Named>
bool Ascends(const std::vector<Named>& all) {
  return std::ranges::is_sorted(all, std::ranges::less_equal(), &Named::name);
}

std::string FaultOfAttributes(const std::vector<Attribute>& attributes) {
  if (!Ascends(attributes)) return "attributes that do not ascend";
  for (const Attribute& attribute : attributes) {
    if (std::string fault = FaultOfArray(attribute.value); !fault.empty()) {
      return "@" + attribute.name + ": " + fault;
    }
  }
  return "";
}

std::string FaultOfTree(const Group& group) {
  if (!Ascends(group.children)) return "members that do not ascend";
  if (std::string fault = FaultOfAttributes(group.attributes); !fault.empty()) return fault;
  for (const Child& child : group.children) {
    std::string fault;
    if (const Dataset* dataset = child.dataset()) {
      fault = FaultOfArray(dataset->value);
      if (fault.empty()) fault = FaultOfAttributes(dataset->attributes);
    } else {
      fault = FaultOfTree(*child.group());
    }
    if (!fault.empty()) return "/" + child.name + fault;
  }
  return "";
}

Verdict Judged(std::string fault, std::string cause) {
  if (fault.empty()) return Held();
  return Falsified(Severity::kSilentlyWrong, std::move(cause), std::move(fault));
}

}  // namespace

Hdf5ReadingResult CheckHdf5Reading(std::span<const std::byte> file, const Hdf5Readers& readers) {
  const Result<Group> read = readers.strict(file, std::string(kPlace));
  if (!read) return {false, Judged(FaultOfError(read.error()), "unhelpful-refusal")};
  return {true, Judged(FaultOfTree(*read), "malformed-tree")};
}

Hdf5ReadingResult CheckHdf5Agreement(std::span<const std::byte> file, const Hdf5Readers& readers) {
  const Result<Group> strict = readers.strict(file, std::string(kPlace));
  if (!strict) return {false, Held()};
  const Result<Group> library = readers.library(file, std::string(kPlace));
  if (!library) {
    return {true, Judged("accepted, and the HDF5 library refuses: " + library.error().Text(),
                         "laxer-than-library")};
  }
  return {true, Judged(FirstDifference(*strict, *library), "differs-from-library")};
}

}  // namespace weightproof
