#include "harness/campaign/python_text.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <map>
#include <variant>

namespace weightproof {

// Arguments that the constructor of the real library asks for, when nothing else is known.
std::string PythonSmallest(std::string_view class_name) {
  static const std::map<std::string_view, const char*> kArguments = {
      {"Dense", "1"},
      {"Activation", "\"linear\""},
      {"Dropout", "0.5"},
      {"GaussianNoise", "0.5"},
      {"GaussianDropout", "0.5"},
      {"AlphaDropout", "0.5"},
      {"IntegerLookup", "vocabulary=[0]"},
      {"Reshape", "(1,)"},
      {"Embedding", "1, 1"},
      {"Conv1D", "1, 1"},
      {"Conv2D", "1, 1"},
      {"MaxPooling1D", "1"},
      {"MaxPooling2D", "1"},
      {"SimpleRNN", "1"},
      {"AveragePooling1D", "1"},
      {"AveragePooling2D", "1"},
      {"LSTM", "1"},
      {"LSTMCell", "1"},
      {"GRUCell", "1"},
      {"SimpleRNNCell", "1"},
      {"GroupNormalization", "1"},
      {"DepthwiseConv1D", "1"},
      {"DepthwiseConv2D", "1"},
      {"SeparableConv1D", "1, 1"},
      {"SeparableConv2D", "1, 1"},
      {"Conv1DTranspose", "1, 1"},
      {"Conv2DTranspose", "1, 1"},
      {"ConvLSTM1D", "1, 1"},
      {"EinsumDense", "\"ab,bc->ac\", 1"},
      {"Bidirectional", "L.LSTM(1)"},
      {"TimeDistributed", "L.Dense(1)"},
      {"RNN", "[L.LSTMCell(1)]"},
      {"GRU", "1"},
      {"SpatialDropout1D", "0.5"},
      {"SpatialDropout2D", "0.5"}};
  const auto it = kArguments.find(class_name);
  return it == kArguments.end() ? "" : it->second;
}

std::string PythonValue(const ConfigValue& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(bool v) const { return v ? "True" : "False"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const {
      const std::string text = fmt::format("{}", v);
      return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
    }
    std::string operator()(const std::string& v) const { return PythonText(v); }
    std::string operator()(const std::vector<std::int64_t>& v) const {
      return fmt::format("[{}]", fmt::join(v, ", "));
    }
  };
  return std::visit(Visitor{}, value);
}

std::string PythonText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string PythonShape(const Shape& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

}  // namespace weightproof
