// Requests that are none and loads that must fail, asked of a worker line by line.
#pragma once

#include <string>
#include <vector>

#include "harness/conformance/requests.h"
#include "harness/conformance/worker_check.h"

namespace weightproof {

// One line to a worker and what may come back.
struct Manner {
  std::string name;
  std::string line;
  std::vector<std::string> outcomes;  // any of these words
  bool has_id = true;                 // the answer repeats the request's number
};

// `plain`: a round trip that the worker can play. Ids count from `first_id`.
std::vector<Manner> Manners(const CaseRequests& plain, std::uint64_t first_id);

// Asks each of a process of its own that must outlive them all, then a good request, a quit and,
// of another process, the end of its stdin. Returns whether all went well.
bool CheckManners(const WorkerCheckSettings& settings, const CaseRequests& plain);

}  // namespace weightproof
