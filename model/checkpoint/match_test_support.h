// Edits to encoded trees, and what a match must say about them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/formats_test_models.h"

namespace weightproof {

inline Group Encoded(Format format, const ModelPlan& plan) {
  Result<Group> root = Encode(format, plan, NumberedTensors(plan));
  if (!root) {
    ADD_FAILURE() << root.error().Text();
    return {};
  }
  return std::move(*root);
}

inline void Drop(Group& root, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  Group* parent =
      slash == std::string::npos ? &root : FindPath(root, path.substr(0, slash))->group();
  ASSERT_EQ(std::erase_if(parent->children,
                          [&](const Child& c) { return c.name == path.substr(slash + 1); }),
            1U);
}

inline void Put(Group& root, const std::string& path, const Tensor& tensor) {
  Dataset dataset;
  dataset.value.type = {StoredClass::kNumber, tensor.dtype(), DTypeSize(tensor.dtype()), false,
                        false};
  dataset.value.shape = tensor.shape();
  dataset.value.bytes.Own().assign(tensor.bytes().begin(), tensor.bytes().end());
  Group* parent = EnsureGroup(root, path);
  ASSERT_NE(parent, nullptr);
  AddChild(*parent, Child{path.substr(path.rfind('/') + 1), std::move(dataset)});
}

inline std::vector<Attribute>& AttributesAt(Group& root, const std::string& path) {
  return path.empty() ? root.attributes : FindPath(root, path)->group()->attributes;
}

inline void SetNamesAt(Group& root, const std::string& path, const std::string& attribute,
                       std::vector<std::string> names) {
  SetAttribute(AttributesAt(root, path), StringListAttribute(attribute, std::move(names)));
}

inline bool HasNote(const LoadReport& report, NoteKind kind, std::string_view subject) {
  return std::ranges::any_of(
      report.notes, [&](const Note& note) { return note.kind == kind && note.subject == subject; });
}

// A refusal names the file and says what gets further.
inline void ExpectRefused(const Result<Assignment>& result, ErrorKind kind,
                          std::string_view place = "") {
  ASSERT_FALSE(result) << "accepted, " << ErrorKindName(kind) << " is due";
  EXPECT_EQ(result.error().kind, kind) << result.error().Text();
  EXPECT_EQ(result.error().place.rfind("file.h5", 0), 0U) << result.error().Text();
  EXPECT_NE(result.error().place.find(place), std::string::npos) << result.error().Text();
  EXPECT_FALSE(result.error().remedy.empty());
}

inline void ExpectNumbered(const Result<Assignment>& result, const ModelPlan& plan) {
  ASSERT_TRUE(result) << result.error().Text();
  const std::vector<Tensor> due = NumberedTensors(plan);
  for (std::size_t i = 0; i < due.size(); ++i) {
    ASSERT_TRUE(result->values[i]) << i;
    EXPECT_EQ(*result->values[i], due[i]) << i;
  }
}

}  // namespace weightproof
