#include "fuzz/json_mutator.h"

#include <nlohmann/json.hpp>
#include <random>
#include <vector>

namespace weightproof::fuzz {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kValuesMax = 100'000;

// Every value with its parent, in document order.
struct Place {
  Json* value = nullptr;
  Json* parent = nullptr;
};

void Collect(Json& value, Json* parent, int depth, std::vector<Place>& out) {
  if (depth > 200 || out.size() > kValuesMax) return;
  out.push_back({&value, parent});
  if (value.is_structured()) {
    for (Json& child : value) Collect(child, &value, depth + 1, out);
  }
}

Json Scalar(const Json& old, std::mt19937_64& random) {
  const Json plain[] = {nullptr, true, false, 0, 1, 2, 3, -1, 0.5, 1e-3, "", "a", Json::array()};
  if (old.is_boolean()) return !old.get<bool>();
  if (old.is_number_integer() && random() % 2 == 0) {
    return (old.get<std::int64_t>() & 0xffffffff) + static_cast<std::int64_t>(random() % 5) - 2;
  }
  return plain[random() % std::size(plain)];
}

void Change(Json& root, std::mt19937_64& random) {
  std::vector<Place> places;
  Collect(root, nullptr, 0, places);
  const Place at = places[random() % places.size()];
  const Json other = *places[random() % places.size()].value;
  switch (random() % 4) {
    case 0:
      *at.value = at.value->is_structured() ? other : Scalar(*at.value, random);
      break;
    case 1:
      // In place of a value of its own kind a value means something more often.
      if (other.type() == at.value->type()) *at.value = other;
      break;
    case 2:
      if (at.parent == nullptr || !at.parent->is_array()) break;
      at.parent->push_back(Json(*at.value));
      break;
    default:
      if (at.value->is_structured() && !at.value->empty()) {
        auto it = at.value->begin();
        std::advance(it, static_cast<std::ptrdiff_t>(random() % at.value->size()));
        at.value->erase(it);
      }
      break;
  }
}

}  // namespace

std::optional<std::string> MutateJson(std::string_view json, std::uint64_t seed,
                                      std::size_t bytes_max) {
  Json root = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return std::nullopt;
  std::mt19937_64 random(seed);
  const Json before = root;
  for (int tries = 0; tries < 8 && root == before; ++tries) Change(root, random);
  std::string text = root.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > bytes_max) return std::nullopt;
  return text;
}

}  // namespace weightproof::fuzz
