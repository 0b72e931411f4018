// Where writer and reader are two libraries: what each plays, and whether they compute the same.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "harness/oracle/agreement.h"
#include "harness/properties/observe_arms.h"

namespace weightproof {

static bool Speaks(const Description& testee, Dialect dialect) {
  const std::vector<std::string>& dialects = testee.space.dialects;
  return dialects.empty() || std::ranges::find(dialects, DialectName(dialect)) != dialects.end();
}

// A side whose testee does not speak the case's dialect, while the other side's does, plays the
// same architecture in its own.
void Player::Translate() {
  const Description& writer = writer_.Describe();
  const Description& reader = reader_.Describe();
  const Dialect dialect = c_.architecture.dialect;
  const Dialect other = dialect == Dialect::kKeras3 ? Dialect::kTfKeras : Dialect::kKeras3;
  written_ = read_ = c_.architecture;
  if (!Speaks(writer, dialect) && Speaks(writer, other) && Speaks(reader, dialect)) {
    written_.dialect = other;
  }
  if (!Speaks(reader, dialect) && Speaks(reader, other) && Speaks(writer, dialect)) {
    read_.dialect = other;
  }
  o_.two_libraries = writer.name != reader.name || writer.version != reader.version;
}

// The first line of `a` that is not in the same place of `b`.
static std::string FirstOtherLine(const std::string& a, const std::string& b) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size() && a[i] == b[i]; ++i) {
    if (a[i] == '\n') start = i + 1;
  }
  return a.substr(start, a.find('\n', start) - start);
}

bool Player::MeansTheSame(const Build& build, const ModelPlan& plan, Dialect other) {
  ArchitectureSpec translated = c_.architecture;
  translated.dialect = other;
  const Result<ModelPlan> there = Interpret(translated, build);
  if (!there) return Fail(&result_.unsupported, "dialects: " + there.error().Text());
  const std::string mine = NormalForm(plan);
  const std::string theirs = NormalForm(*there);
  if (mine == theirs) return true;
  return Fail(&result_.unsupported, "dialects: '" + FirstOtherLine(mine, theirs) +
                                        "' is another function in " +
                                        std::string(DialectName(other)));
}

Tensor Player::AsRead(const std::string& id, const Tensor& value) const {
  const Tensor* mine = FindTensor(o_.initial, id);
  if (mine == nullptr || mine->dtype() == value.dtype()) return value;
  if (const std::optional<Tensor> wider = Convert(value, mine->dtype())) return *wider;
  if (value.dtype() != DType::kInt64 || mine->dtype() != DType::kInt32) return value;
  Tensor narrow(DType::kInt32, value.shape());
  for (std::int64_t i = 0; i < value.size(); ++i) {
    const std::int64_t number = value.values<std::int64_t>()[static_cast<std::size_t>(i)];
    if (number != static_cast<std::int32_t>(number)) return value;  // it cannot be held there
    narrow.values<std::int32_t>()[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(number);
  }
  return narrow;
}

void Player::CompareLibraries() {
  const std::vector<NamedTensor>& values = SavedAsRead(o_);
  const bool same_values = std::ranges::all_of(values, [&](const NamedTensor& saved) {
    const Tensor* value = TrueValue(o_, saved.id);
    return value != nullptr && *value == saved.tensor;
  });
  if (!o_.two_libraries || !o_.same_model || o_.content_damaged || !same_values ||
      c_.weights.profile != Profile::kPlain || values.size() != o_.initial.size()) {
    return;
  }
  o_.agreement = Agree(o_.save.prediction, o_.control.prediction, {});
  if (o_.agreement->agree) return;
  // More than a few last bits: how far do a few last bits of weights and inputs carry?
  std::vector<Tensor> nudged;
  for (std::uint64_t seed = 0; seed < kNudgesOfAgreement; ++seed) {
    const std::vector<NamedTensor> weights = Nudged(values, seed);
    const Tensor inputs = Nudged(inputs_, seed);
    std::vector<Tensor> more;
    for (const Tensor& tensor : more_inputs_) more.push_back(Nudged(tensor, seed));
    const AssignRequest request{ReaderBuild(), &weights, &inputs, &more};
    Answer answer = reader_.Assign(request);
    if (answer.outcome == Outcome::kOk) nudged.push_back(std::move(answer.prediction));
  }
  o_.agreement = Agree(o_.save.prediction, o_.control.prediction, nudged);
}

}  // namespace weightproof
