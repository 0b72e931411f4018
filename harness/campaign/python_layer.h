// A layer's constructor call, as Python.
#pragma once

#include <string>

#include "model/spec/architecture.h"

namespace weightproof {

// "L.Dense(units=2, name=\"a\")", with what a wrapper holds inside. `name` empty: automatic; `own`:
// of the class that keeps its state itself (python_state.h).
std::string PythonLayer(const LayerSpec& spec, Dialect dialect, const std::string& name = {},
                        bool frozen = false, bool own = false);

// Of a wrapper: "forward" -> ".forward_layer", "cells/1" -> ".cell.cells[1]", "" -> "".
std::string PythonPart(const std::string& part);

}  // namespace weightproof
