// The kinds of layers and how their arguments are drawn. Only for this folder.
#pragma once

#include <array>
#include <span>

#include "harness/case/draw.h"

namespace weightproof {

// A layer whose arguments are being drawn.
struct LayerDrawing {
  Chooser& choose;
  const LayerStyle& style;
  const Shape& input;
  Config& config;
  std::vector<LayerSpec>& held;  // what a wrapper holds

  std::int64_t last() const { return input.back(); }
  void Set(std::string_view key, ConfigValue value) {
    config.insert_or_assign(std::string(key), std::move(value));
  }
  void SetText(std::string_view key, std::string_view text) { Set(key, std::string(text)); }
  void Maybe(int percent, std::string_view key, ConfigValue value) {
    if (choose.Percent(percent)) Set(key, std::move(value));
  }
  std::int64_t Width() const {
    if (style.twins && !choose.Percent(5)) return style.width;
    return choose.Percent(8) ? 1 : choose.Range(2, 6);
  }
  void Activation(int percent) {
    if (choose.Percent(percent)) SetText("activation", DrawActivation(choose, style.dialect));
  }
};

struct LayerKind {
  std::string_view name;
  std::array<int, 4> weight;  // by rank of the input; 0: never there
  bool weights;
  void (*draw)(LayerDrawing&);
};

std::span<const LayerKind> LayerKinds();

void DrawEmbedding(LayerDrawing& x);

}  // namespace weightproof
