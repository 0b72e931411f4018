// Shrinking builds, routes, sessions and damage.
#include "harness/case/shrink.h"

namespace weightproof {
namespace {

bool TargetsNest(const Step& step) {
  return (step.op == StepOp::kName || step.op == StepOp::kFreeze || step.op == StepOp::kUnfreeze) &&
         step.target == TargetKind::kNest;
}

void SetNest(Step& step, NestHow how) {
  step.nest = how;
  if (how == NestHow::kSubclass || how == NestHow::kLayer) return;
  step.keep = KeepHow::kAttributes;
  step.attributes.clear();
  step.attribute_order.clear();
}

void SetKeep(Step& step, KeepHow keep) { step.keep = keep; }  // as many names as that needs

void PlainAttributes(Step& step) {
  for (std::size_t j = 0; j < step.attributes.size(); ++j) {
    step.attributes[j] = "a" + std::to_string(j);
  }
}

Build& BuildOf(Case& c, int side) { return side == 0 ? c.writer.build : c.reader.build; }
SessionSpec& SessionOf(Case& c, int side) {
  return side == 0 ? c.writer.session : c.reader.session;
}

// Candidates with one field of a step at its default.
template <class Change>
void ChangeStep(const Case& c, int side, std::size_t index, Candidates& out, Change change) {
  Case next = c;
  Step& step = BuildOf(next, side)[index];
  change(step);
  out.AddChanged(std::move(next));
}

void SimplifyStep(const Case& c, int side, std::size_t i, Candidates& out) {
  const Step& step = (side == 0 ? c.writer : c.reader).build[i];
  if (step.op == StepOp::kAssemble) {
    ChangeStep(c, side, i, out, [](Step& s) {
      s.how = AssembleHow::kList;
      s.input = InputHow::kGiven;
      s.name.clear();
    });
    ChangeStep(c, side, i, out, [](Step& s) {
      s.how = AssembleHow::kList;
      if (s.input == InputHow::kCall) s.input = InputHow::kBuild;
    });
    ChangeStep(c, side, i, out, [](Step& s) { s.input = InputHow::kGiven; });
    ChangeStep(c, side, i, out, [](Step& s) { s.input = InputHow::kBuild; });
  }
  if (step.op == StepOp::kNest) {
    for (const NestHow how :
         {NestHow::kSequential, NestHow::kFunctional, NestHow::kSubclass, NestHow::kLayer}) {
      if (how < step.nest) ChangeStep(c, side, i, out, [&](Step& s) { SetNest(s, how); });
    }
  }
  if (!step.attributes.empty()) {
    for (const KeepHow keep : {KeepHow::kAttributes, KeepHow::kList, KeepHow::kDict}) {
      if (keep < step.keep) ChangeStep(c, side, i, out, [&](Step& s) { SetKeep(s, keep); });
    }
    ChangeStep(c, side, i, out, [](Step& s) { s.attribute_order.clear(); });
    ChangeStep(c, side, i, out, PlainAttributes);
  }
  if (step.op == StepOp::kName) {
    ChangeStep(c, side, i, out, [](Step& s) { s.name = "a"; });
    ChangeStep(c, side, i, out, [](Step& s) { s.name = "b"; });
  } else if (!step.name.empty()) {
    ChangeStep(c, side, i, out, [](Step& s) { s.name.clear(); });
  }
  if (!step.part.empty()) ChangeStep(c, side, i, out, [](Step& s) { s.part.clear(); });
  ChangeStep(c, side, i, out, [](Step& s) { s.own_input = false; });
  ChangeStep(c, side, i, out, [](Step& s) { s.same_objects = true; });
  ChangeStep(c, side, i, out, [](Step& s) { s.count = std::min(s.count, 1); });
  ChangeStep(c, side, i, out, [](Step& s) { s.rebuild = RebuildHow::kFromConfig; });
  if (step.op == StepOp::kCompile) {
    ChangeStep(c, side, i, out, [](Step& s) { s.trained = false; });
    ChangeStep(c, side, i, out, [](Step& s) { s.class_name = "SGD"; });
    ChangeStep(c, side, i, out, [](Step& s) { s.key = "mse"; });
  }
  if (step.op == StepOp::kPolicy) {
    ChangeStep(c, side, i, out, [](Step& s) { s.class_name = "float16"; });
  }
  if (step.op == StepOp::kFreeze) ChangeStep(c, side, i, out, [](Step& s) { s.after = false; });
  if (step.op == StepOp::kNoop || step.op == StepOp::kStray) {
    ChangeStep(c, side, i, out,
               [](Step& s) { s.class_name = s.op == StepOp::kNoop ? "Dropout" : "Dense"; });
  }
  if (step.op == StepOp::kNest && step.end - step.begin > 1) {
    ChangeStep(c, side, i, out, [](Step& s) { ++s.begin; });
    ChangeStep(c, side, i, out, [](Step& s) { --s.end; });
  }
  if (step.op == StepOp::kInsert && step.spec) {
    for (const auto& [key, value] : step.spec->config) {
      ChangeStep(c, side, i, out, [&](Step& s) { s.spec->config.erase(key); });
    }
  }
}

// Objects of a person's own class that both sides have alike stay alike.
void ShrinkTwins(const Case& c, Candidates& out) {
  for (std::size_t i = 0; i < c.writer.build.size(); ++i) {
    const Step& step = c.writer.build[i];
    if (step.op != StepOp::kNest && step.op != StepOp::kAssemble) continue;
    const auto twin = std::ranges::find(c.reader.build, step);
    if (twin == c.reader.build.end()) continue;
    const auto change = [&](auto edit) {
      Case next = c;
      edit(next.writer.build[i]);
      next.reader.build[static_cast<std::size_t>(twin - c.reader.build.begin())] =
          next.writer.build[i];
      out.AddChanged(std::move(next));
    };
    if (step.op == StepOp::kNest) {
      for (const NestHow how : {NestHow::kSequential, NestHow::kFunctional, NestHow::kSubclass}) {
        if (how < step.nest) change([&](Step& s) { SetNest(s, how); });
      }
      if (step.end - step.begin > 1) {
        change([](Step& s) { ++s.begin; });
        change([](Step& s) { --s.end; });
      }
    }
    if (step.attributes.empty()) continue;
    for (const KeepHow keep : {KeepHow::kAttributes, KeepHow::kList, KeepHow::kDict}) {
      if (keep < step.keep) change([&](Step& s) { SetKeep(s, keep); });
    }
    change([](Step& s) { s.attribute_order.clear(); });
    change(PlainAttributes);
  }
}

}  // namespace

Build WithoutStep(const Build& build, std::size_t index) {
  Build out = build;
  if (build[index].op == StepOp::kNest) {
    int ordinal = 0;
    for (std::size_t i = 0; i < index; ++i) ordinal += build[i].op == StepOp::kNest ? 1 : 0;
    for (Step& step : out) {
      if (!TargetsNest(step)) continue;
      if (step.layer == ordinal)
        step.layer = -1;
      else if (step.layer > ordinal)
        --step.layer;
    }
  }
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(index));
  std::erase_if(out, [](const Step& step) { return TargetsNest(step) && step.layer < 0; });
  return out;
}

void ShrinkDamage(const Case& c, Candidates& out) {
  if (c.damage.empty()) return;
  Case next = c;
  next.damage.clear();
  out.Add(std::move(next));
  for (std::size_t i = 0; i < c.damage.size(); ++i) {
    next = c;
    next.damage.erase(next.damage.begin() + static_cast<std::ptrdiff_t>(i));
    out.Add(next);
    next = c;
    next.damage[i].index = 0;
    out.Add(std::move(next));
    if (!OfBytes(c.damage[i].op)) continue;
    const auto with = [&](std::int64_t Damage::* field, std::int64_t value) {
      next = c;
      next.damage[i].*field = value;
      out.Add(std::move(next));
    };
    with(&Damage::index, c.damage[i].index / 2);
    if (c.damage[i].bytes > 1) {
      with(&Damage::bytes, 1);
      with(&Damage::bytes, c.damage[i].bytes / 2);
    }
    next = c;
    next.damage[i].mask = std::min(c.damage[i].mask, 1);
    out.Add(std::move(next));
  }
}

void ShrinkBuilds(const Case& c, Candidates& out) {
  for (const int side : {0, 1}) {
    const Build& build = (side == 0 ? c.writer : c.reader).build;
    const Step* assemble = FindStep(build, StepOp::kAssemble);
    if (assemble == nullptr) continue;
    Case next = c;  // nothing but the assembly
    BuildOf(next, side) = {*assemble};
    out.AddChanged(std::move(next));
    for (std::size_t i = 0; i < build.size(); ++i) {
      if (build[i].op == StepOp::kAssemble) continue;
      next = c;
      BuildOf(next, side) = WithoutStep(build, i);
      out.AddChanged(next);
      // The step of the other side too, if it has an equal one: nests, names, no-ops in pairs.
      const Build& other = (side == 0 ? c.reader : c.writer).build;
      const auto twin = std::find(other.begin(), other.end(), build[i]);
      if (side == 1 || twin == other.end()) continue;
      BuildOf(next, 1) = WithoutStep(other, static_cast<std::size_t>(twin - other.begin()));
      out.AddChanged(std::move(next));
    }
  }
  for (const int side : {0, 1}) {
    const std::size_t count = (side == 0 ? c.writer : c.reader).build.size();
    for (std::size_t i = 0; i < count; ++i) SimplifyStep(c, side, i, out);
  }
  ShrinkTwins(c, out);
  // Both assemblies at once: some differences must stay equal on both sides.
  Case next = c;
  for (const int side : {0, 1}) {
    if (Step* step = FindStep(BuildOf(next, side), StepOp::kAssemble)) {
      step->how = AssembleHow::kList;
      step->input = InputHow::kGiven;
    }
  }
  out.AddChanged(std::move(next));
}

void ShrinkRoute(const Case& c, Candidates& out) {
  const auto change = [&](auto edit) {
    Case next = c;
    edit(next);
    out.Add(std::move(next));
  };
  const std::string plain = "m" + std::string(UsualSuffix(c.route.format));
  change([&](Case& n) {
    n.route.path = PathSpec{plain, PathSetup::kNone, false};
    n.route.load_path.reset();
    n.writer.session = n.reader.session = SessionSpec();
  });
  for (const int side : {0, 1}) {
    change([&](Case& n) { SessionOf(n, side) = SessionSpec(); });
    change([&](Case& n) { SessionOf(n, side).fresh = false; });
    change([&](Case& n) { SessionOf(n, side).models_before = 0; });
    change([&](Case& n) { SessionOf(n, side).models_before /= 2; });
    change([&](Case& n) { SessionOf(n, side).hash_seed = 0; });
    change([&](Case& n) { SessionOf(n, side).working_directory.clear(); });
    change([&](Case& n) { SessionOf(n, side).locale.clear(); });
    change([&](Case& n) { SessionOf(n, side).umask = -1; });
    change([&](Case& n) { SessionOf(n, side).threads = 0; });
    change([&](Case& n) { SessionOf(n, side).load_twice = false; });
  }
  change([&](Case& n) { n.route.load_path.reset(); });
  change([&](Case& n) { n.route.path = PathSpec{plain, n.route.path.setup, false}; });
  change([&](Case& n) { n.route.path.setup = PathSetup::kNone; });
  change([&](Case& n) { n.route.path.relative = false; });
  if (c.route.load_path) {
    change([&](Case& n) { n.route.load_path = PathSpec{"b.h5", PathSetup::kNone, false}; });
    change([&](Case& n) { n.route.load_path->setup = PathSetup::kNone; });
  }
  change([&](Case& n) { n.route.load_as = LoadAs::kWeights; });
  change([&](Case& n) { n.route.by_name = false; });
  change([&](Case& n) { n.route.skip_mismatch = false; });
  change([&](Case& n) { n.route.partial = false; });
  change([&](Case& n) { n.route.overwrite = true; });
  change([&](Case& n) { n.route.sharded = false; });
  change([&](Case& n) {
    n.route.sharded = false;
    n.route.path.text = plain;
  });
  if (c.route.sharded) {
    change([&](Case& n) { n.route.path.text = plain; });
  }
  change([&](Case& n) { n.weights.profile = Profile::kPlain; });
  change([&](Case& n) { n.weights.seed = 1; });
  change([&](Case& n) { n.probe.seed = 1; });
  change([&](Case& n) { n.probe.batch = 1; });
  change([&](Case& n) { n.probe.batch = 2; });
  if (c.route.format == RouteFormat::kLegacyH5Model ||
      c.route.format == RouteFormat::kKerasArchive) {
    Case next = c;
    next.route.load_as = LoadAs::kWeights;
    next.route.format = c.route.format == RouteFormat::kLegacyH5Model ? RouteFormat::kLegacyH5
                                                                      : RouteFormat::kWeightsH5;
    if (next.route.path.text == plain) {
      next.route.path.text = "m" + std::string(UsualSuffix(next.route.format));
    }
    out.AddChanged(std::move(next));
  }
}

}  // namespace weightproof
