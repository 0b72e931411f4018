// Shared by the decoders of DecodeTruth.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/oracle/truth.h"

namespace weightproof {

struct TruthBuilder {
  Truth truth;
  std::map<std::string, std::optional<Tensor>, std::less<>> values;
  std::set<std::string, std::less<>> taken;  // paths of datasets that a variable took

  void Owe(std::string rule, std::vector<std::string> subjects);
  // The dataset's value goes to the variable, or what is wrong with that is owed.
  void Take(const VariablePlan& variable, const Dataset* dataset, const std::string& path);
  // Names of weighted layers, paired by place: classes of automatic ones, given ones elsewhere.
  void CheckNames(const std::vector<std::string>& file,
                  const std::vector<const ObjectPlan*>& reader);
  void CheckUnused(const std::vector<std::string>& paths);
  Truth Finish(const ModelPlan& reader);
};

void DecodeLegacy(const Group& root, const ModelPlan& reader, bool by_name, TruthBuilder& builder);
void DecodeWeightsH5(const Group& root, const ModelPlan& reader, TruthBuilder& builder);

}  // namespace weightproof
