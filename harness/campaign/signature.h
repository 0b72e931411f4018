// What is particular about a case, in words: by these, repeats of one cause are told from others.
#pragma once

#include <set>
#include <string>

#include "harness/case/case.h"

namespace weightproof {

using Signature = std::set<std::string>;

// Of a shrunk case its smallest differing features: build steps that one side alone has
// ("one:stray", "one:insert weights"), those on both ("both:nest"), another assembly
// ("assemble:list/subclass"), options of the load, paths, sessions, edits of the file, profiles
// that are not plain, layers that cannot stand for a plain one ("layer:state",
// "layer:Bidirectional"). Not the format nor the testee: a finding lists these.
Signature SignatureOf(const Case& c);

// Whether all that is particular about `known` is found in `c` too, so that `c` may be a repeat.
bool MayRepeat(const Signature& known, const Signature& c);

std::string SignatureText(const Signature& signature);  // "both:nest, one:freeze"; "plain"

}  // namespace weightproof
