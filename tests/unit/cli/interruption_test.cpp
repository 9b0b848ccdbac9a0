#include "cli/run/interruption.hpp"

#include "flow/intake/inbox.hpp"
#include "support/fakes.hpp"

#include <chrono>
#include <csignal>
#include <memory>
#include <stop_token>

#include <doctest/doctest.h>
#include <spdlog/sinks/null_sink.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

struct Run {
  ManualClock clock;
  flow::Inbox inbox;
  std::stop_source input;
  cli::Interruption interrupted{
      inbox, input, clock,
      std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>())};
};

}  // namespace

TEST_CASE("the first signal drains a run and the next one aborts it") {
  Run run;
  run.interrupted(SIGTERM);
  CHECK(run.inbox.stopping() == flow::Stop::drain);
  CHECK(run.input.stop_requested());
  run.clock.tick(500ms);
  run.interrupted(SIGTERM);
  CHECK(run.inbox.stopping() == flow::Stop::abort);
}

TEST_CASE("the same signal within half a second is still the first") {
  Run run;
  run.interrupted(SIGTERM);
  run.clock.tick(499ms);
  run.interrupted(SIGTERM);
  CHECK(run.inbox.stopping() == flow::Stop::drain);
}

TEST_CASE("another signal aborts at once") {
  Run run;
  run.interrupted(SIGTERM);
  run.interrupted(SIGINT);
  CHECK(run.inbox.stopping() == flow::Stop::abort);
}
