#include "fuzz/case_input.h"

#include <algorithm>
#include <filesystem>

#include "fuzz/driver.h"
#include "harness/case/generate.h"
#include "harness/case/valid.h"
#include "harness/properties/run_case.h"
#include "harness/testee/builtin.h"
#include "model/spec/plan.h"

namespace weightproof::fuzz {
namespace {

constexpr int kTriesMax = 8;

// Elements of `shape` times `factor`, at most kProductsMax + 1.
std::int64_t Elements(const Shape& shape, std::int64_t factor) {
  std::int64_t count = std::min(factor, kProductsMax + 1);
  for (const std::int64_t dimension : shape) {
    if (dimension <= 0) return 0;
    if (dimension > kProductsMax / std::max<std::int64_t>(count, 1)) return kProductsMax + 1;
    count *= dimension;
  }
  return count;
}

struct Cost {
  std::int64_t activations = 0;
  std::int64_t variables = 0;
  std::int64_t products = 0;

  void Add(const ObjectPlan& object, int batch) {
    const std::int64_t outputs = Elements(object.output_shape, batch);
    std::int64_t own = 0;
    for (const VariablePlan& variable : object.variables) {
      own = std::min(own + Elements(variable.shape, 1), kProductsMax + 1);
    }
    activations += outputs;
    variables += own;
    products += own == 0 ? 0 : Elements({own}, outputs);
    for (const ObjectPlan& layer : object.layers) Add(layer, batch);
  }
};

bool IsSmall(const Case& c, const Build& build) {
  const Result<ModelPlan> plan = Interpret(c.architecture, build);
  if (!plan) return false;
  Cost cost;
  cost.activations = Elements(c.architecture.input_shape, c.probe.batch);
  cost.Add(plan->model, c.probe.batch);
  return cost.activations <= kElementsMax && cost.variables <= kElementsMax &&
         cost.products <= kProductsMax;
}

bool StaysInside(const std::string& text) {
  const std::filesystem::path path = std::filesystem::path("./" + text).lexically_normal();
  return path.empty() || *path.begin() != "..";
}

bool StaysInside(const Case& c) {
  const auto inside = [](const PathSpec& path) { return StaysInside(path.text); };
  return inside(c.route.path) && (!c.route.load_path || inside(*c.route.load_path)) &&
         StaysInside(c.writer.session.working_directory) &&
         StaysInside(c.reader.session.working_directory);
}

bool IsPlayable(const Case& c) {
  return StaysInside(c) && IsValid(c) && IsSmall(c, c.writer.build) && IsSmall(c, c.reader.build);
}

// `c` with one part of `other`.
Case WithPart(Case c, const Case& other, std::uint64_t part) {
  switch (part) {
    case 0:
      c.route = other.route;
      break;
    case 1:
      c.writer.session = other.writer.session;
      c.reader.session = other.reader.session;
      break;
    case 2:
      c.weights = other.weights;
      c.probe = other.probe;
      break;
    case 3:
      c.writer.build = other.writer.build;
      break;
    case 4:
      c.reader.build = other.reader.build;
      break;
    case 5:
      c.writer.build = other.writer.build;
      c.reader.build = other.reader.build;
      break;
    default:
      c.damage = other.damage;
      break;
  }
  return c;
}
constexpr std::uint64_t kParts = 7;

}  // namespace

std::optional<Case> DecodeCase(std::string_view json) {
  Result<Case> c = CaseFromJson(json);
  if (!c || !IsPlayable(*c)) return std::nullopt;
  return *std::move(c);
}

std::optional<std::string> MutateCase(std::string_view json, std::uint64_t seed,
                                      std::size_t bytes_max) {
  const Result<Case> c = CaseFromJson(json);
  if (!c) return std::nullopt;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    std::string text = CaseToJson(Mutate(*c, seed * kTriesMax + static_cast<unsigned>(tries)), -1);
    if (text.size() <= bytes_max) return text;
  }
  return std::nullopt;
}

std::optional<std::string> CrossCases(std::string_view json, std::string_view other,
                                      std::uint64_t seed, std::size_t bytes_max) {
  const Result<Case> first = CaseFromJson(json);
  const Result<Case> second = CaseFromJson(other);
  if (!first || !second) return std::nullopt;
  for (std::uint64_t tries = 0; tries < kParts; ++tries) {
    const Case c = WithPart(*first, *second, (seed + tries) % kParts);
    if (c == *first || !IsValid(c)) continue;
    std::string text = CaseToJson(c, -1);
    if (text.size() <= bytes_max) return text;
  }
  return std::nullopt;
}

bool PlayRoundTrip(std::string_view json, std::string_view testee) {
  const std::optional<Case> c = DecodeCase(json);
  if (!c) return false;
  std::unique_ptr<Testee> played;
  if (testee == "builtin") {
    played = std::make_unique<BuiltinTestee>("builtin", FreshSession::kHere);
  } else if (Result<std::unique_ptr<Testee>> made = MakeTestee(testee)) {
    played = *std::move(made);
  } else {
    Require("testee", {VerdictKind::kHarnessError, Severity::kNone, "", made.error().Text()}, json);
    return false;
  }
  const CaseResult result = RunCase(*c, *played, *played, ScratchFolder());
  for (const ClauseVerdict& clause : result.clauses) {
    if (clause.verdict.kind > VerdictKind::kFalsified) continue;
    Require(clause.clause, clause.verdict, CaseToJson(*c));
  }
  return result.overall != VerdictKind::kUnsupported;
}

}  // namespace weightproof::fuzz
