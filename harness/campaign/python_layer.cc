#include "harness/campaign/python_layer.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "harness/campaign/python_state.h"
#include "harness/campaign/python_text.h"

namespace weightproof {

std::string PythonLayer(const LayerSpec& spec, Dialect dialect, const std::string& name,
                        bool frozen, bool own) {
  std::vector<std::string> arguments;
  if (!spec.layers.empty()) {
    std::vector<std::string> inner;
    for (const LayerSpec& held : spec.layers) inner.push_back(PythonLayer(held, dialect));
    arguments.push_back(spec.class_name == "RNN" ? fmt::format("[{}]", fmt::join(inner, ", "))
                                                 : inner[0]);
  } else if (spec.config.empty()) {
    if (std::string smallest = PythonSmallest(spec.class_name); !smallest.empty()) {
      arguments.push_back(std::move(smallest));
    }
  }
  for (const auto& [key, value] : spec.config) {
    const bool alpha =
        dialect == Dialect::kTfKeras && spec.class_name == "LeakyReLU" && key == "negative_slope";
    arguments.push_back((alpha ? "alpha" : key) + "=" + PythonValue(value));
  }
  if (!name.empty()) arguments.push_back("name=" + PythonText(name));
  if (frozen) arguments.push_back("trainable=False");
  const std::string made = own ? OwnClass(spec.class_name) : "L." + spec.class_name;
  return fmt::format("{}({})", made, fmt::join(arguments, ", "));
}

std::string PythonPart(const std::string& part) {
  if (part.empty()) return "";
  if (part.starts_with("cells/")) return ".cell.cells[" + part.substr(6) + "]";
  return "." + (part == "layer" ? part : part + "_layer");
}

}  // namespace weightproof
