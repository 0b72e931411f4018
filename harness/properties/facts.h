// What an observation is like, in words that tables of documented sentences name.
#pragma once

#include <string>
#include <vector>

#include "harness/properties/observation.h"

namespace weightproof {

// The features of the case (CASE.md's words: "format:weights_h5", "mode:by_name", "step:set",
// "damage:drop", "path:existing_file" ...) and:
//   save:ok, load:refused ...      outcomes
//   model:same, model:other        equal normal forms
//   file:as-saved, file:changed    damage that changes what the file says
//   said:something, said:nothing   of the load
//   container:sequential, ...      what the two models are; container:mixed where they differ
//   weighted:same                  the layers with weights agree one by one: classes, configs,
//                                  nesting, order
//   weighted:recounted, :reshaped  they agree in all but the number, or the shapes, of some weights
//   weighted:added, :removed       one side alone has some more of them (the reader, the writer)
//   weighted:other                 anything else
//   weightless:same, :other        the same of the layers without weights
//   own:same, own:other            classes of a person's own keep and call their layers alike (only
//   where
//                                  one is nested, or keeps them in a container)
//   compiled:alike, :unlike        both sides compile, with one optimizer or with two
//   uncompiled:ok, :refused        of a refused whole model with a compile step: the load of the
//                                  same model that was never compiled
//   loaded:right, loaded:wrong     of an accepted load between weighted:same models and a file as
//                                  saved: whether each variable holds what was saved at its place
//                                  and, for one model, predictions are those of such a model
std::vector<std::string> Facts(const Observation& o);

// Layers of the reader's model some of whose variables the load changed while it left others.
std::vector<std::string> HalfLoadedLayers(const Observation& o);

// Top-level layers of the reader's model that hold, after the load, what no layer of their name
// held when it was saved, and not what they held before.
std::vector<std::string> LoadedUnderAnotherName(const Observation& o);

}  // namespace weightproof
