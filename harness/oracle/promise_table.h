// The rows of corpus/promises.json, which the build turns into a table.
#pragma once

#include <span>
#include <string_view>

#include "harness/oracle/promises.h"

namespace weightproof {

struct PromiseRow {
  RouteFormat format;
  Dialect dialect;
  std::string_view writer;
  std::string_view reader;
  bool same_nesting;
  Promise promise;
};

std::span<const PromiseRow> PromiseTable();

}  // namespace weightproof
