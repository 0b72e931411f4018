#include "harness/minimize/reduction.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "harness/campaign/clock.h"
#include "harness/campaign/forked.h"
#include "harness/campaign/report.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

struct Parts {
  std::size_t groups = 0, datasets = 0, attributes = 0;
};

void CountParts(const Group& group, Parts& parts) {
  parts.attributes += group.attributes.size();
  for (const Child& child : group.children) {
    if (child.dataset() != nullptr) {
      ++parts.datasets;
      parts.attributes += child.dataset()->attributes.size();
      continue;
    }
    ++parts.groups;
    CountParts(*child.group(), parts);
  }
}

std::string CountOf(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", Thousands(count), what, count == 1 ? "" : "s");
}

std::size_t CountValues(const nlohmann::json& value) {
  std::size_t count = 1;
  if (value.is_structured()) {
    for (const nlohmann::json& child : value) count += CountValues(child);
  }
  return count;
}

}  // namespace

Reduction::Reduction(std::string found, FailsStill fails, double seconds_max,
                     std::function<void(const std::string&)> kept)
    : best_(std::move(found)),
      fails_(std::move(fails)),
      deadline_(Now() + seconds_max),
      kept_(std::move(kept)) {
  asked_.insert(std::hash<std::string>()(best_));
}

bool Reduction::over() const { return Interrupted() || Now() >= deadline_; }

double Reduction::seconds_left() const { return deadline_ - Now(); }

bool Reduction::Try(const std::string& candidate) {
  if (over() || !asked_.insert(std::hash<std::string>()(candidate)).second) return false;
  ++tried_;
  if (!fails_(candidate)) return false;
  // A run that was cut short by Ctrl-C tells nothing.
  if (Interrupted()) return false;
  ++taken_;
  best_ = candidate;
  if (kept_) kept_(best_);
  return true;
}

bool Reduction::TrySame() {
  if (over()) return false;
  ++tried_;
  if (!fails_(best_) || Interrupted()) return false;
  ++taken_;
  asked_.clear();  // what did not fail beside the other things may now
  if (kept_) kept_(best_);
  return true;
}

bool DropRuns(std::size_t count, const std::function<bool(std::size_t, std::size_t)>& drop,
              std::size_t run_min) {
  bool any = false;
  for (std::size_t run = count; run >= run_min && run > 0; run /= 2) {
    for (std::size_t end = count; end > 0;) {
      const std::size_t begin = end > run ? end - run : 0;
      if (drop(begin, end)) {
        count -= end - begin;
        any = true;
      }
      end = begin;
    }
  }
  return any;
}

void ShrinkFile(Reduction& reduction) {
  if (!ShrinkTree(reduction)) ShrinkJson(reduction);
  ShrinkBytes(reduction);
}

std::string SizeInWords(const std::string& bytes) {
  std::string words;
  const Result<Group> tree = ReadHdf5(std::as_bytes(std::span(bytes)), "");
  if (tree) {
    Parts parts;
    CountParts(*tree, parts);
    words = CountOf(parts.groups, "group") + ", " + CountOf(parts.datasets, "dataset") + ", " +
            CountOf(parts.attributes, "attribute") + ", ";
  } else {
    const nlohmann::json json = nlohmann::json::parse(bytes, nullptr, false);
    if (json.is_structured()) words = CountOf(CountValues(json), "JSON value") + ", ";
  }
  return words + CountOf(bytes.size(), "byte");
}

}  // namespace weightproof
