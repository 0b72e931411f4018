#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "harness/minimize/reduction.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;
using Pointer = nlohmann::json::json_pointer;

constexpr std::size_t kPlacesMax = 100'000;
constexpr int kNestingMax = 200;

// Every place, containers before what is in them.
void CollectPlaces(const Json& value, const Pointer& at, int depth, std::vector<Pointer>& places) {
  if (depth > kNestingMax || places.size() > kPlacesMax) return;
  places.push_back(at);
  if (value.is_object()) {
    for (const auto& [key, child] : value.items())
      CollectPlaces(child, at / key, depth + 1, places);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      CollectPlaces(value[i], at / i, depth + 1, places);
    }
  }
}

// Simplest first; never what is as simple as `value` itself.
std::vector<Json> SimplerScalars(const Json& value) {
  std::vector<Json> out;
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    for (std::size_t size = 0; size < text.size(); size = size == 0 ? 1 : size * 2) {
      out.emplace_back(text.substr(0, size));
    }
  } else if (value.is_number()) {
    const double number = value.get<double>();
    if (number != 0) out.emplace_back(0);
    if (number != 0 && number != 1) out.emplace_back(1);
    if (value.is_number_integer() && (number > 3 || number < -3)) {
      out.emplace_back(value.get<std::int64_t>() / 2);
    }
  } else if (value.is_boolean() && value.get<bool>()) {
    out.emplace_back(false);
  }
  return out;
}

class JsonShrinker {
 public:
  JsonShrinker(Reduction& reduction, Json root) : reduction_(reduction), root_(std::move(root)) {}

  bool Start() {
    const std::string text = TextOfJson(root_);
    return text == reduction_.best() || reduction_.Try(text);
  }

  void Run() {
    for (bool again = true; again && !reduction_.over();) {
      again = Drop();
      again = Hoist() || again;
      again = Simplify() || again;
    }
  }

 private:
  static std::string TextOfJson(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  bool Take(Json candidate) {
    if (!reduction_.Try(TextOfJson(candidate))) return false;
    root_ = std::move(candidate);
    return true;
  }

  std::vector<Pointer> Places() const {
    std::vector<Pointer> places;
    CollectPlaces(root_, Pointer(), 0, places);
    return places;
  }

  bool Drop() {
    bool any = false;
    // What is gone takes its places with it; the rest is met in the next round.
    for (const Pointer& at : Places()) {
      if (!root_.contains(at) || !root_.at(at).is_structured()) continue;
      any = DropRuns(root_.at(at).size(),
                     [&](std::size_t begin, std::size_t end) {
                       Json candidate = root_;
                       Json& container = candidate.at(at);
                       const auto first =
                           std::next(container.begin(), static_cast<std::ptrdiff_t>(begin));
                       container.erase(first,
                                       std::next(first, static_cast<std::ptrdiff_t>(end - begin)));
                       return Take(std::move(candidate));
                     }) ||
            any;
    }
    return any;
  }

  // A value takes the place of what it stands in.
  bool Hoist() {
    bool any = false;
    for (const Pointer& at : Places()) {
      if (!root_.contains(at) || !root_.at(at).is_structured()) continue;
      const Json container = root_.at(at);
      for (const Json& child : container) {
        if (!child.is_structured()) continue;
        Json candidate = root_;
        candidate.at(at) = child;
        if (Take(std::move(candidate))) {
          any = true;
          break;
        }
      }
    }
    return any;
  }

  bool Simplify() {
    bool any = false;
    for (const Pointer& at : Places()) {
      if (!root_.contains(at)) continue;
      for (const Json& simpler : SimplerScalars(root_.at(at))) {
        Json candidate = root_;
        candidate.at(at) = simpler;
        if (!Take(std::move(candidate))) continue;
        any = true;
        break;
      }
    }
    return any;
  }

  Reduction& reduction_;
  Json root_;
};

}  // namespace

bool ShrinkJson(Reduction& reduction) {
  Json root = Json::parse(reduction.best(), nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded() || !root.is_structured()) return false;
  JsonShrinker shrinker(reduction, std::move(root));
  if (!shrinker.Start()) return false;
  shrinker.Run();
  return true;
}

}  // namespace weightproof
