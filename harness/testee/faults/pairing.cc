// Right values, wrong variables.
#include <algorithm>
#include <array>

#include "harness/oracle/legacy_names.h"
#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

// Trades the values of two roles inside each layer.
Hooks RolesSwapped(std::string_view a, std::string_view b) {
  Hooks hooks;
  hooks.values_matched = [a, b](Values& values, const Network& network, const Group&) {
    const auto& plans = network.variable_plans();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (plans[i]->role != a) continue;
      const std::string other = plans[i]->id.substr(0, plans[i]->id.find('/') + 1) + std::string(b);
      const int j = network.IndexOf(other);
      if (j >= 0 && values[i] && values[static_cast<std::size_t>(j)]) {
        std::swap(values[i], values[static_cast<std::size_t>(j)]);
      }
    }
  };
  return hooks;
}

Hooks GammaBeta() { return RolesSwapped("gamma", "beta"); }
Hooks MeanVariance() { return RolesSwapped("moving_mean", "moving_variance"); }

// layer_names in another order: pairing by place then takes the wrong layers.
Hooks ReorderingLayerNames(void (*reorder)(std::vector<std::string>&)) {
  Hooks hooks;
  hooks.tree_read = [reorder](Group& tree) {
    Group* base = &tree;
    if (Child* inner = tree.Find("model_weights")) base = inner->group();
    if (base == nullptr) return;
    for (Attribute& attribute : base->attributes) {
      if (attribute.name == "layer_names") reorder(attribute.value.strings);
    }
  };
  return hooks;
}

Hooks SortedByName() {
  return ReorderingLayerNames([](std::vector<std::string>& names) { std::ranges::sort(names); });
}
Hooks ReversedLayers() {
  return ReorderingLayerNames([](std::vector<std::string>& names) { std::ranges::reverse(names); });
}

// Each variable takes the first tensor of its shape that is left, in path order.
Hooks FirstFittingShape() {
  Hooks hooks;
  hooks.values_matched = [](Values& values, const Network& network, const Group& tree) {
    std::vector<std::pair<std::string, const Dataset*>> all;
    CollectDatasets(tree, "", &all);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto fits = std::ranges::find_if(all, [&](const auto& entry) {
        return entry.second != nullptr &&
               entry.second->value.shape == network.variable_plans()[i]->shape &&
               entry.second->value.type == StoredType{};
      });
      if (fits == all.end() || !values[i]) continue;
      std::ranges::copy(fits->second->value.bytes, values[i]->bytes().begin());
      fits->second = nullptr;
    }
  };
  return hooks;
}

// The two first variables of one role and shape are taken for each other.
Hooks SiblingsSwapped() {
  Hooks hooks;
  hooks.values_matched = [](Values& values, const Network& network, const Group&) {
    const auto& plans = network.variable_plans();
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t j = i + 1; j < values.size(); ++j) {
        if (values[i] && values[j] && values[i]->shape() == values[j]->shape() &&
            plans[i]->role == plans[j]->role) {
          std::swap(values[i], values[j]);
          return;
        }
      }
    }
  };
  return hooks;
}

// Weights of frozen layers are taken to stand behind all others.
Hooks FrozenLast() {
  Hooks hooks;
  hooks.values_matched = [](Values& values, const Network& network, const Group&) {
    std::vector<std::size_t> order, frozen;
    std::size_t i = 0;
    const auto walk = [&](const ObjectPlan& object, const auto& self) -> void {
      for (std::size_t v = 0; v < object.variables.size(); ++v, ++i) {
        (object.trainable ? order : frozen).push_back(i);
      }
      for (const ObjectPlan& layer : object.layers) self(layer, self);
    };
    walk(network.plan().model, walk);
    order.insert(order.end(), frozen.begin(), frozen.end());
    const Values old = values;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::optional<Tensor>& source = old[k];
      if (source && old[order[k]] && source->shape() == old[order[k]]->shape()) {
        values[order[k]] = source;
      }
    }
  };
  return hooks;
}

Hooks LeavingOut(bool (*left_out)(const VariablePlan& variable, std::size_t index,
                                  std::size_t count)) {
  Hooks hooks;
  hooks.values_matched = [left_out](Values& values, const Network& network, const Group&) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (left_out(*network.variable_plans()[i], i, values.size())) values[i].reset();
    }
  };
  return hooks;
}

Hooks LastVariableSkipped() {
  return LeavingOut([](const VariablePlan&, std::size_t i, std::size_t n) { return i + 1 == n; });
}
Hooks MovingStatisticsSkipped() {
  return LeavingOut([](const VariablePlan& v, std::size_t, std::size_t) { return !v.trainable; });
}
Hooks BiasesSkipped() {
  return LeavingOut(
      [](const VariablePlan& v, std::size_t, std::size_t) { return v.role == "bias"; });
}

// False refusals.
Hooks Refusing(Status (*refuse)(const Network& network, const Group& tree)) {
  Hooks hooks;
  hooks.refuse_more = refuse;
  return hooks;
}

// A refusal as helpful as any: only that it refuses is wrong.
Status Refuse(const Network& network, const std::string& why) {
  const std::vector<ObjectPlan>& layers = network.plan().model.layers;
  const std::string layer = layers.empty() ? network.plan().model.name : layers.front().name;
  return Fail(ErrorKind::kLayerCountMismatch, "layer '" + layer + "'", why,
              "build the model in the same way");
}

Hooks CountsWeightlessLayers() {
  return Refusing([](const Network& network, const Group& tree) -> Status {
    const std::optional<ListedNames> names = ReadLegacyNames(tree);
    if (!names || names->layers.size() == network.plan().model.layers.size()) return {};
    return Refuse(network, "the file has another number of layers");
  });
}

Hooks FrozenRefused() {
  return Refusing([](const Network& network, const Group&) -> Status {
    for (const ObjectPlan& layer : network.plan().model.layers) {
      if (!layer.trainable) return Refuse(network, "'" + layer.name + "' is frozen");
    }
    return {};
  });
}

Hooks DemandsEqualNames() {
  return Refusing([](const Network& network, const Group& tree) -> Status {
    const std::optional<ListedNames> names = ReadLegacyNames(tree);
    if (!names || names->layers.empty() || network.plan().model.layers.empty()) return {};
    const std::string& mine = network.plan().model.layers.back().name;
    if (names->layers.back().name == mine) return {};
    return Refuse(network, "the file calls the last layer '" + names->layers.back().name + "'");
  });
}

constexpr std::array kPairingFaults{
    Fault{{"biases-skipped", kRoundTrips, "biases stay as they were"}, &BiasesSkipped},
    Fault{{"counts-weightless-layers", kRoundTrips,
           "a layer without weights on one side is a count mismatch"},
          &CountsWeightlessLayers},
    Fault{{"demands-equal-names", kRoundTrips, "automatic names of another session are refused"},
          &DemandsEqualNames},
    Fault{{"first-fitting-shape", kRoundTrips, "the first tensor of the right shape wins"},
          &FirstFittingShape},
    Fault{{"frozen-last", kRoundTrips, "weights of frozen layers are taken to come last"},
          &FrozenLast},
    Fault{{"frozen-refused", kRoundTrips, "a model with a frozen layer is refused"},
          &FrozenRefused},
    Fault{{"gamma-beta-swapped", kRoundTrips, "gamma and beta are exchanged"}, &GammaBeta},
    Fault{{"last-variable-skipped", kRoundTrips, "the last variable stays as it was"},
          &LastVariableSkipped},
    Fault{{"layers-reversed", kRoundTrips, "layers are paired from the end of the file"},
          &ReversedLayers},
    Fault{{"mean-variance-swapped", kRoundTrips, "moving mean and variance are exchanged"},
          &MeanVariance},
    Fault{{"moving-statistics-skipped", kRoundTrips, "variables that are not trained stay"},
          &MovingStatisticsSkipped},
    Fault{{"siblings-swapped", kRoundTrips, "two variables of one role and shape are exchanged"},
          &SiblingsSwapped},
    Fault{{"sorted-by-name", kRoundTrips,
           "layers are paired by sorted name, dense_10 before dense_2"},
          &SortedByName},
};

}  // namespace

std::span<const Fault> PairingFaults() { return kPairingFaults; }

}  // namespace weightproof
