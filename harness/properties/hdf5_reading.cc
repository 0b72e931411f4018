#include "harness/properties/hdf5_reading.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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

// What a tree comes to, of what Hdf5Limits bound.
struct TreeExtent {
  std::size_t objects = 0;  // the root too
  std::size_t depth = 0;    // of groups; 0: the root alone
  std::size_t attribute_bytes = 0;
  bool deflated = false;
};

// Bytes that any reader counts for the attribute: of texts of variable length those that are shown.
std::size_t AttributeBytes(const StoredArray& value) {
  std::size_t bytes = value.bytes.size();
  for (const std::string& text : value.strings) {
    bytes += value.type.cls == StoredClass::kFixedString ? value.type.size : text.size();
  }
  return bytes;
}

void Measure(const Group& group, std::size_t depth, TreeExtent& extent) {
  const auto attributes = [&extent](const std::vector<Attribute>& all) {
    for (const Attribute& attribute : all) {
      extent.attribute_bytes = std::max(extent.attribute_bytes, AttributeBytes(attribute.value));
    }
  };
  ++extent.objects;
  extent.depth = std::max(extent.depth, depth);
  attributes(group.attributes);
  for (const Child& child : group.children) {
    if (child.group() != nullptr) {
      Measure(*child.group(), depth + 1, extent);
      continue;
    }
    ++extent.objects;
    const Dataset& dataset = *child.dataset();
    attributes(dataset.attributes);
    extent.deflated |= dataset.storage.deflate >= 0 &&
                       !(dataset.value.bytes.empty() && dataset.value.strings.empty());
  }
}

// Limits that the tree is just over, each with its name.
std::vector<std::pair<std::string_view, Hdf5Limits>> LimitsBelow(const TreeExtent& extent) {
  std::vector<std::pair<std::string_view, Hdf5Limits>> below;
  if (extent.objects > 1) below.push_back({"objects_max", {.objects_max = extent.objects - 1}});
  if (extent.depth > 0) below.push_back({"depth_max", {.depth_max = extent.depth - 1}});
  if (extent.attribute_bytes > 0) {
    below.push_back({"attribute_bytes_max", {.attribute_bytes_max = extent.attribute_bytes - 1}});
  }
  if (extent.deflated) below.push_back({"inflate_ratio_max", {.inflate_ratio_max = 0}});
  return below;
}

// What is wrong with the answer of a reader that owes a refusal of this kind and these words.
std::string FaultOfOwed(const Result<Group>& read, ErrorKind kind, std::string_view words,
                        std::string_view reader) {
  const std::string who(reader);
  if (read) return who + " accepts it";
  const Error& error = read.error();
  if (error.kind != kind) return who + " refuses it otherwise: " + error.Text();
  const bool said = error.remedy.contains(words) && error.place.starts_with(kPlace) &&
                    error.place.size() > kPlace.size() + 2;
  return said ? "" : who + " does not name the place or what to do: " + error.Text();
}

// At the file's own limits, just under one of them, or without compression.
std::string FaultUnderLimits(std::span<const std::byte> file, const Group& tree, std::size_t choice,
                             const Hdf5Readers& readers) {
  TreeExtent extent;
  Measure(tree, 0, extent);
  const std::string place(kPlace);
  const auto below = LimitsBelow(extent);
  choice %= below.size() + (extent.deflated ? 2 : 1);
  if (choice < below.size()) {
    const auto& [name, limits] = below[choice];
    for (const auto& [who, read] : {std::pair("the strict reader", readers.strict),
                                    std::pair("the library", readers.library)}) {
      std::string fault =
          FaultOfOwed(read(file, place, limits), ErrorKind::kLimitExceeded, name, who);
      if (!fault.empty()) return "over " + std::string(name) + ", " + fault;
    }
    return "";
  }
  if (choice > below.size()) {
    return FaultOfOwed(readers.strict(file, place, {.deflate = false}),
                       ErrorKind::kForbiddenFeature, "", "the strict reader");
  }
  const Hdf5Limits exact{.objects_max = extent.objects, .depth_max = extent.depth};
  if (!readers.strict(file, place, exact)) return "the strict reader refuses it at its limits";
  return readers.library(file, place, exact) ? "" : "the library refuses it at its limits";
}

Verdict Judged(std::string fault, std::string cause) {
  if (fault.empty()) return Held();
  return Falsified(Severity::kSilentlyWrong, std::move(cause), std::move(fault));
}

}  // namespace

Hdf5ReadingResult CheckHdf5Reading(std::span<const std::byte> file, const Hdf5Readers& readers) {
  const Result<Group> read = readers.strict(file, std::string(kPlace), {});
  if (!read) return {false, Judged(FaultOfError(read.error()), "unhelpful-refusal")};
  return {true, Judged(FaultOfTree(*read), "malformed-tree")};
}

Hdf5ReadingResult CheckHdf5Agreement(std::span<const std::byte> file, std::size_t choice,
                                     const Hdf5Readers& readers) {
  const std::string place(kPlace);
  const Result<Group> strict = readers.strict(file, place, {});
  if (!strict) {
    // Nothing of the file is at fault but a link, if it reads where links are let pass.
    const Hdf5Limits links{.soft_links = true, .external_links = true, .user_links = true};
    if (strict.error().kind != ErrorKind::kForbiddenFeature ||
        !readers.strict(file, place, links)) {
      return {false, Held()};
    }
    const Result<Group> library = readers.library(file, place, {});
    // What an external link says of another file is not for the strict reader to judge.
    const bool damaged = !library && library.error().kind == ErrorKind::kDamagedFile;
    const ErrorKind due = damaged ? ErrorKind::kDamagedFile : ErrorKind::kForbiddenFeature;
    return {false, Judged(FaultOfOwed(library, due, "", "the library"), "laxer-on-links")};
  }
  const Result<Group> library = readers.library(file, place, {});
  if (!library) {
    return {true, Judged("accepted, and the HDF5 library refuses: " + library.error().Text(),
                         "laxer-than-library")};
  }
  std::string difference = FirstDifference(*strict, *library);
  if (!difference.empty()) return {true, Judged(std::move(difference), "differs-from-library")};
  return {true, Judged(FaultUnderLimits(file, *strict, choice, readers), "limit-disregarded")};
}

}  // namespace weightproof
