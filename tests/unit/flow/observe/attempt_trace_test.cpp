#include "flow/observe/attempt_trace.hpp"

#include "unit/flow/dispatcher_fixture.hpp"

#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Keeps the attempt traces it is given.
class Listener final : public flow::Observer {
 public:
  explicit Listener(bool wants = true) : wants_(wants) {}
  void committed(const flow::CommittedTurn& turn) override {
    attempt_traces.insert(attempt_traces.end(), turn.attempt_traces.begin(), turn.attempt_traces.end());
  }
  bool wants_attempt_traces() const override { return wants_; }

  const flow::AttemptTrace& of(std::string_view event, unsigned attempt = 1) const {
    for (const auto& attempt_trace : attempt_traces)
      if (attempt_trace->texts[flow::AttemptTrace::event_id] == event && attempt_trace->attempt == attempt)
        return *attempt_trace;
    FAIL("no attempt trace of " << event << ", attempt " << attempt);
    return *attempt_traces.front();
  }

  std::vector<std::shared_ptr<const flow::AttemptTrace>> attempt_traces;

 private:
  bool wants_;
};

/// "order 2s, permit 1s"
std::string waits_of(const flow::AttemptTrace& attempt_trace) {
  std::string text;
  for (std::size_t i = 0; i < attempt_trace.waited; ++i) {
    const auto& wait = attempt_trace.waits[i];
    const auto seconds = std::chrono::duration<double>(wait.until - wait.from).count();
    text += fmt::format("{}{} {}s", i == 0 ? "" : ", ", to_string(wait.why), seconds);
  }
  return text;
}

}  // namespace

TEST_CASE("an attempt that goes at once has waited for nothing") {
  DispatcherFixture fixture;
  Listener listener;
  fixture.observe(listener);
  fixture.arrive({{"e", "a", 1}});
  fixture.play();
  fixture.answer("e", 200);
  REQUIRE(listener.attempt_traces.size() == 1);
  const auto& attempt_trace = listener.of("e");
  CHECK(attempt_trace.texts[flow::AttemptTrace::entity_id] == "a");
  CHECK(attempt_trace.texts[flow::AttemptTrace::host] == "a.test");
  CHECK(attempt_trace.by == Transition::succeed);
  CHECK(attempt_trace.status == 200);
  CHECK(attempt_trace.waited == 0);
}

TEST_CASE("where nobody wants them nothing is told of attempts") {
  DispatcherFixture fixture;
  Listener listener{false};
  fixture.observe(listener);
  fixture.arrive({{"e", "a", 1}});
  fixture.play();
  fixture.answer("e", 200);
  CHECK(listener.attempt_traces.empty());
}

TEST_CASE("what comes after another of its entity has waited for order and then for a permit") {
  flow::RunOptions options;
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  Listener listener;
  fixture.observe(listener);
  fixture.arrive({{"a1", "a", 1}, {"a2", "a", 2}, {"b1", "b", 1}});
  fixture.play();
  fixture.tick(2s);
  fixture.answer("a1", 200);  // b1 came to the gate before a2
  fixture.tick(3s);
  fixture.answer("b1", 200);
  fixture.answer("a2", 200);
  CHECK(waits_of(listener.of("a1")).empty());
  CHECK(waits_of(listener.of("b1")) == "permit 2s");
  CHECK(waits_of(listener.of("a2")) == "order 2s, permit 3s");
}

TEST_CASE("what a rate holds back has waited for it") {
  flow::RunOptions options;
  options.rate = Rate{1, 10s};
  DispatcherFixture fixture{options};
  Listener listener;
  fixture.observe(listener);
  fixture.arrive({{"e1", "a", 1}, {"e2", "b", 1}});
  fixture.play();
  fixture.answer("e1", 200);
  fixture.tick(10s);
  fixture.answer("e2", 200);
  CHECK(waits_of(listener.of("e2")) == "rate 10s");
}

TEST_CASE("what a circuit holds back has waited for it and a retry is told with its time") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{.failures = 1, .open_for = 30s, .probes = 1, .successes = 1};
  options.retry.backoff_first = 1s;
  options.retry.jitter = 0;
  DispatcherFixture fixture{options};
  Listener listener;
  fixture.observe(listener);
  fixture.arrive({{"e1", "a", 1}});
  fixture.play();
  fixture.answer("e1", 500);
  const auto& failed = listener.of("e1");
  CHECK(failed.by == Transition::retry);
  CHECK(failed.due - failed.ended == 1s);
  fixture.tick(1s);
  fixture.tick(29s);
  fixture.answer("e1", 200);
  CHECK(waits_of(listener.of("e1", 2)) == "circuit 29s");
}
