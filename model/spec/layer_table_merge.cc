// Layers that are called on several tensors. They stand in functional graphs only.
#include <array>

#include "model/spec/layer_table.h"

namespace weightproof::table {

void AddMergeLayers(std::vector<LayerSchema>& out) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kMerges = {
      {{"Add", "add"},
       {"Average", "average"},
       {"Maximum", "maximum"},
       {"Minimum", "minimum"},
       {"Multiply", "multiply"},
       {"Subtract", "subtract"}}};
  for (const auto& [class_name, snake_name] : kMerges) {
    out.push_back({.class_name = class_name,
                   .snake_name = snake_name,
                   .takes_several = true,
                   .without_forward = true,
                   .output_shape = SameShape});
  }
  // Shapes are joined where all operands are known (graph.cc).
  KeySchema axis = Int("axis", -1, -1);
  axis.maximum = -1;
  out.push_back({.class_name = "Concatenate",
                 .snake_name = "concatenate",
                 .takes_several = true,
                 .without_forward = true,
                 .keys = {axis},
                 .output_shape = SameShape});
}

}  // namespace weightproof::table
