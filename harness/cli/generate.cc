#include <fmt/core.h>

#include <filesystem>

#include "harness/cli/commands.h"

namespace weightproof {

int GenerateCases(const GenerateOptions& o) {
  Result<Engine> engine = EngineFor(o.testees);
  if (!engine) return Refuse(engine.error());
  std::error_code error;
  std::filesystem::create_directories(o.output, error);
  std::uint64_t written = 0;
  for (std::uint64_t index = 0; index < o.count; ++index) {
    const std::optional<Case> c = engine->draw(o.seed, index);
    if (!c) continue;
    const std::string path = fmt::format("{}/{:06}.json", o.output, index);
    if (Status s = WriteTextFile(path, CaseToJson(*c) + "\n"); !s) return Refuse(s.error());
    ++written;
  }
  fmt::print("{} cases in {}, {} discarded\n", written, o.output, o.count - written);
  return written > 0 ? kExitOk : kExitHarness;
}

}  // namespace weightproof
