// What a format promises: which build's files load into which build's models, measured on real
// Keras (corpus/promises.json).
#pragma once

#include <string>

#include "harness/case/case.h"
#include "model/spec/plan.h"

namespace weightproof {

enum class Promise { kAccept, kRefuse, kDepends };

// "sequential", "functional", "subclass<layers" (every attribute sorts before "layers"),
// "subclass>layers" (none does), "subclass~layers"; then "/nested" or "/nested2" by the depth of
// nested models; then "+graph" for a functional graph, and "+wrapper" where a layer that holds
// others (Bidirectional, RNN of cells ...) stands anywhere, "+functional" where a functional model
// does,
// "+own" where a nested object of a person's own class does or layers are kept in a container.
std::string BuildKind(const ModelPlan& plan);

// How an object of a person's own class keeps what it calls, and in which order it calls it; "" for
// any other object.
std::string Keeping(const ObjectPlan& object);

// The row for these builds of the same model. kDepends where the table has no row, and where the
// file is the other library's: no documentation promises to read that, so a loader may refuse it,
// but what it accepts has to be right.
Promise LookUpPromise(RouteFormat format, const ModelPlan& writer, const ModelPlan& reader);

// Same nesting: the same computing layers lie in the same nested models, and in graphs in the same
// order.
bool SameNesting(const ModelPlan& a, const ModelPlan& b);

// Whether the contract's rules on names, by name and order may ask for a refusal although the
// models are the same: then acceptance (right) and refusal both hold.
bool NamesMayRefuse(const ModelPlan& writer, const ModelPlan& reader, const Route& route);

// Whether the real library cannot save this plan: in legacy H5 two groups or datasets would have
// one name (every file has a group `top_level_model_weights`, HDF5 takes "." for the group itself),
// or a name is longer than the 64,512 bytes that Keras puts into an attribute.
bool NamesCollide(const ModelPlan& writer, RouteFormat format);

}  // namespace weightproof
