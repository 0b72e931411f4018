#include "harness/testee/worker_testee.h"

#include <gtest/gtest.h>

#include "harness/testee/wire.h"

namespace weightproof {
namespace {

constexpr const char* kDescription =
    R"({"id": 1, "outcome": "ok", "protocol": 1, "name": "fake", "version": "1", "backend": "sh",)"
    R"( "space": {"layers": ["Dense"], "formats": ["weights_h5"], "dialects": ["keras3"],)"
    R"( "modes": ["by_order"], "steps": ["stray"]}})";

// A worker that describes itself when asked for that, and else runs `script` with the request's
// number in $id.
std::vector<std::string> Fake(const std::string& script) {
  return {"sh", "-c",
          "while read -r line; do id=${line#*'\"id\":'}; id=${id%%,*}; case $line in *describe*) "
          "echo '" +
              std::string(kDescription) + "';; *) " + script + ";; esac; done"};
}

ProcessLimits Quick() {
  ProcessLimits limits;
  limits.start_timeout = std::chrono::milliseconds(20'000);
  limits.request_timeout = std::chrono::milliseconds(1'000);
  return limits;
}

struct Request {
  ArchitectureSpec architecture;
  Build build = {Step{}};
  std::vector<NamedTensor> weights;
  Tensor inputs{DType::kFloat32, {1, 1}};
  AssignRequest assign;
  Request() {
    architecture.input_shape = {1};
    assign.build.program = {&architecture, &build};
    assign.build.directory = "/tmp";
    assign.weights = &weights;
    assign.inputs = &inputs;
  }
};

Answer AskFake(const std::string& script) {
  auto testee = WorkerTestee::Create(Fake(script), {}, Quick());
  EXPECT_TRUE(testee.has_value());
  const Request request;
  return (*testee)->Assign(request.assign);
}

TEST(WorkerTestee, TakesItsDescriptionFromTheWorker) {
  const auto testee = WorkerTestee::Create(Fake(":"), {}, Quick());
  ASSERT_TRUE(testee.has_value());
  EXPECT_EQ((*testee)->Describe().name, "fake");
  EXPECT_EQ((*testee)->Describe().space.layers, std::vector<std::string>{"Dense"});
}

TEST(WorkerTestee, RefusesACommandThatIsNoWorker) {
  for (const char* script : {"exit 1", "echo hello; cat", "sleep 1000", "cat"}) {
    ProcessLimits limits = Quick();
    limits.start_timeout = std::chrono::milliseconds(300);
    EXPECT_FALSE(WorkerTestee::Create({"sh", "-c", script}, {}, limits).has_value()) << script;
  }
  EXPECT_FALSE(WorkerTestee::Create({"/nowhere/worker"}, {}, Quick()).has_value());
}

TEST(WorkerTestee, SeesFromOutsideWhatALoadTakes) {
  // 200 MiB, touched and given back before it answers.
  constexpr const char* kGreedy = R"py(
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "describe":
        answer = json.loads(sys.argv[1])
    else:
        more = bytearray(b"x") * (200 << 20) if request["op"] == "load" else None
        del more
        answer = {"outcome": "ok"}
    print(json.dumps(dict(answer, id=request["id"])), flush=True)
)py";
  auto testee = WorkerTestee::Create({"python3", "-c", kGreedy, kDescription}, {}, {});
  ASSERT_TRUE(testee.has_value()) << testee.error().Text();
  Request request;
  LoadRequest load;
  load.build = request.assign.build;
  load.initial = &request.weights;
  load.inputs = &request.inputs;
  for (const bool fresh : {false, true}) {
    load.build.session.fresh = fresh;
    const Answer answer = (*testee)->Load(load);
    ASSERT_TRUE(answer.cost) << answer.error_message;
    EXPECT_GT(answer.cost->peak_bytes_more, std::size_t{190} << 20);
    EXPECT_LT(answer.cost->peak_bytes_more, std::size_t{260} << 20);
    EXPECT_LT(answer.cost->seconds, 30);
  }
  EXPECT_FALSE((*testee)->Assign(request.assign).cost);
}

TEST(WorkerTestee, TellsOutcomesApart) {
  EXPECT_EQ(AskFake(R"(echo "{\"id\":$id,\"outcome\":\"ok\"}")").outcome, Outcome::kOk);
  const Answer refused =
      AskFake(R"(echo "{\"id\":$id,\"outcome\":\"refused\",\"kind\":\"ValueError\"}")");
  EXPECT_EQ(refused.outcome, Outcome::kRefused);
  EXPECT_EQ(refused.error_kind, "ValueError");
  const Answer crashed = AskFake("echo last words >&2; kill -ABRT $$");
  EXPECT_EQ(crashed.outcome, Outcome::kCrashed);
  EXPECT_EQ(crashed.error_kind, "SIGABRT");
  EXPECT_NE(crashed.error_message.find("last words"), std::string::npos);
  EXPECT_EQ(AskFake("sleep 1000").outcome, Outcome::kTimedOut);
  EXPECT_EQ(AskFake("echo nonsense").outcome, Outcome::kWorkerError);
  EXPECT_EQ(AskFake(R"(echo '{"id": 77, "outcome": "ok"}')").outcome, Outcome::kWorkerError);
}

TEST(WorkerTestee, WaitsLessForAnswersThatOnlySift) {
  ProcessLimits limits = Quick();
  limits.request_timeout = std::chrono::milliseconds(6'000);
  auto testee = WorkerTestee::Create(Fake("sleep 1000"), {}, limits);
  ASSERT_TRUE(testee.has_value());
  Request request;
  request.assign.build.reuse = true;
  const Answer answer = (*testee)->Assign(request.assign);
  EXPECT_EQ(answer.outcome, Outcome::kTimedOut);
  EXPECT_TRUE(answer.error_message.contains("within 0.5 s")) << answer.error_message;
}

TEST(WorkerTestee, StartsAgainAfterADeath) {
  auto testee = WorkerTestee::Create(Fake("kill -KILL $$"), {}, Quick());
  ASSERT_TRUE(testee.has_value());
  const Request request;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((*testee)->Assign(request.assign).error_kind, "SIGKILL");
  }
  EXPECT_EQ((*testee)->processes_started(), 3);
}

TEST(WorkerTestee, GivesAFreshSessionAProcessOfItsOwn) {
  const char* script = R"(echo "{\"id\":$id,\"outcome\":\"unsupported\",)"
                       R"(\"what\":\"$$ $PYTHONHASHSEED $OMP_NUM_THREADS\"}")";
  auto testee = WorkerTestee::Create(Fake(script), {}, Quick());
  ASSERT_TRUE(testee.has_value());
  Request request;
  const std::string first = (*testee)->Assign(request.assign).error_message;
  EXPECT_TRUE(first.ends_with(" 0 ")) << first;
  EXPECT_EQ((*testee)->Assign(request.assign).error_message, first);
  request.assign.build.session.fresh = true;
  EXPECT_NE((*testee)->Assign(request.assign).error_message, first);
  request.assign.build.session = {};
  request.assign.build.session.hash_seed = 12;
  request.assign.build.session.threads = 2;
  EXPECT_TRUE((*testee)->Assign(request.assign).error_message.ends_with(" 12 2"));
  request.assign.build.session = {};
  EXPECT_EQ((*testee)->Assign(request.assign).error_message, first);
}

}  // namespace
}  // namespace weightproof
