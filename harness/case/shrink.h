// How Shrinks collects its candidates. Only for this folder.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/case/draw.h"

namespace weightproof {

// A size that every candidate lowers: layers weigh most, then damage, steps, route, arguments.
std::uint64_t Measure(const Case& c);

class Candidates {
 public:
  explicit Candidates(const Case& c) : case_(c), measure_(Measure(c)) {}

  // Keeps the candidate if it is valid, smaller and new.
  void Add(Case candidate);
  // The same for one whose writer's file has other names: damage follows, by ordinal.
  void AddChanged(Case candidate);
  std::vector<Case> Take() && { return std::move(out_); }

 private:
  const Case& case_;
  std::uint64_t measure_;
  std::vector<Case> out_;
};

void ShrinkDamage(const Case& c, Candidates& out);
void ShrinkLayers(const Case& c, Candidates& out);   // shrink_layers.cc
void ShrinkConfigs(const Case& c, Candidates& out);  // shrink_layers.cc
void ShrinkGraph(const Case& c, Candidates& out);    // shrink_graph.cc
void ShrinkBuilds(const Case& c, Candidates& out);   // shrink_steps.cc
// Fewer and smaller tokens on both sides at once; a vocabulary that the constructor is given.
void ShrinkVocabulary(const Case& c, Candidates& out);  // shrink_lookup.cc
void ShrinkRoute(const Case& c, Candidates& out);       // shrink_steps.cc

// The build without step `index`; ordinals of nests and attributes follow.
Build WithoutStep(const Build& build, std::size_t index);
// The build for an architecture without layer `layer`.
Build WithoutLayer(const Build& build, int layer);

}  // namespace weightproof
