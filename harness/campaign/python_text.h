// Values as Python source.
#pragma once

#include <string>
#include <string_view>

#include "model/spec/architecture.h"

namespace weightproof {

std::string PythonText(std::string_view text);  // a string literal
std::string PythonShape(const Shape& shape);    // "(3, 4)", "(3,)"
std::string PythonValue(const ConfigValue& value);

// Arguments that the constructor of this layer class asks for, when nothing else is known.
std::string PythonSmallest(std::string_view class_name);

}  // namespace weightproof
