#include "harness/case/draw.h"

namespace weightproof {
namespace {

constexpr int kGenerateTriesMax = 40;

// The plainest case, for a space or choices in which nothing else comes out valid.
Case Plainest(const Space& space) {
  Case c;
  if (!Allows(space.dialects, "keras3")) c.architecture.dialect = Dialect::kTfKeras;
  c.architecture.input_shape = {2};
  LayerSpec dense;
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{2};
  c.architecture.layers = {dense};
  c.writer.build.resize(1);
  c.reader.build.resize(1);
  for (const RouteFormat format : {RouteFormat::kLegacyH5, RouteFormat::kWeightsH5,
                                   RouteFormat::kLegacyH5Model, RouteFormat::kKerasArchive}) {
    c.route.format = format;
    static constexpr std::string_view kNames[] = {"legacy_h5", "legacy_h5_model", "weights_h5",
                                                  "keras_archive"};
    if (Allows(space.formats, kNames[static_cast<std::size_t>(format)])) break;
  }
  c.route.path.text = "m" + std::string(UsualSuffix(c.route.format));
  return c;
}

// A model that differs or a file that is changed is judged by its weights; what training adds to
// both would only stand in the way.
void WithoutTraining(Case& c) {
  for (Build* build : {&c.writer.build, &c.reader.build}) {
    std::erase_if(*build, [](const Step& step) { return step.op == StepOp::kCompile; });
  }
}

Step* Assemble(Case& c) { return FindStep(c.writer.build, StepOp::kAssemble); }

}  // namespace

Case Generate(Choices& choices, const Space& space) {
  Chooser choose(choices);
  for (int tries = 0; tries < kGenerateTriesMax; ++tries) {
    Case c;
    c.architecture = DrawArchitecture(choose, space);
    if (c.architecture.layers.empty()) continue;
    DrawRoute(choose, space, c);
    DrawProfile(choose, c);
    DrawSessions(choose, space, c);
    // What is drawn here can clash (names, shapes of deferred builds); the architecture cannot.
    const Case stem = c;
    for (int again = 0; again < 4; ++again) {
      c = stem;
      DrawBuilds(choose, space, c);
      DrawState(choose, space, c);
      if (space.same_build) {
        if (DrawSameBuild(choose, space, c) && IsValid(c)) return c;
        continue;
      }
      // The same model, another one, or a damaged file; a load that skips needs something to skip.
      const bool skips = c.route.skip_mismatch;
      const bool hostile = !space.hostile.empty() && choose.Percent(space.hostile_percent);
      const std::size_t aim = hostile ? 0
                                      : choose.Weighted({skips ? 20 : 60, skips ? 50 : 25,
                                                         !space.damage ? 0
                                                         : skips       ? 30
                                                                       : 15});
      if (c.route.load_as == LoadAs::kModel) {
        if (Assemble(c)->how == AssembleHow::kSubclass) continue;
        FixReaderOfModel(c);
      } else if (aim == 1 && !DrawDifference(choose, space, c)) {
        continue;
      }
      if (aim == 2 && c.route.format != RouteFormat::kKerasArchive && !c.route.sharded) {
        const auto writer = Interpret(c.architecture, c.writer.build);
        if (!writer) continue;
        DrawDamage(choose, *writer, c);
      }
      if (hostile) {
        const auto writer = Interpret(c.architecture, c.writer.build);
        if (!writer) continue;
        DrawHostile(choose, space, *writer, c);
      }
      if (aim != 0 && c.route.load_as == LoadAs::kWeights) WithoutTraining(c);
      if (IsValid(c)) return c;
    }
  }
  return Plainest(space);
}

}  // namespace weightproof
