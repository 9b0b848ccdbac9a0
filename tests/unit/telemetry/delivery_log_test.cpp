#include "telemetry/delivery_log.hpp"

#include "unit/flow/dispatcher_fixture.hpp"

#include <sstream>

#include <spdlog/sinks/ostream_sink.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// A dispatcher whose attempts are told to a log that is kept.
class Logged {
 public:
  explicit Logged(spdlog::level::level_enum level, const flow::RunOptions& options = {},
                  LogOptions::Format format = LogOptions::Format::text)
      : fixture{options} {
    sink_->set_formatter(log_formatter(format));
    log_->set_level(level);
    deliveries_.emplace(log_, std::stop_token{});
    fixture.observe(*deliveries_);
  }

  std::string text() {
    REQUIRE(deliveries_->drain(60s));
    return text_.str();
  }
  telemetry::DeliveryLog& deliveries() { return *deliveries_; }

  DispatcherFixture fixture;

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_ =
      std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
  std::shared_ptr<spdlog::logger> log_ = std::make_shared<spdlog::logger>("test", sink_);
  std::optional<telemetry::DeliveryLog> deliveries_;
};

flow::RunOptions two_attempts() {
  flow::RunOptions options;
  options.retry.attempts = 2;
  return options;
}

}  // namespace

TEST_CASE("each attempt has a line with event entity attempt and host in the order of their ends") {
  Logged logged{spdlog::level::debug, two_attempts()};
  DispatcherFixture& fixture = logged.fixture;
  fixture.arrive({{"good", "a", 1, "http://a.test/path?token=hidden"}, {"bad", "b b", 1, "http://b.test/"}});
  fixture.play();
  fixture.answer("good", 204);
  fixture.answer("bad", 500);
  fixture.tick(10min);
  fixture.end("bad", unanswered(OutcomeKind::timeout, "no answer within \"5s\""));
  CHECK(
      logged.text() ==
      "dispatch: delivered event=good entity=a sequence=1 attempt=1 host=a.test outcome=answered status=204 "
      "took_ms=1.000\n"
      "dispatch: failed, to be tried again event=bad entity=\"b b\" sequence=1 attempt=1 host=b.test "
      "outcome=answered status=500 took_ms=1.000\n"
      "dispatch: warning: dead letter event=bad entity=\"b b\" sequence=1 attempt=2 host=b.test "
      "outcome=timeout error=\"no answer within \\\"5s\\\"\" took_ms=0.000\n");
}

TEST_CASE("as JSON each line is an object with the same words in full") {
  Logged logged{spdlog::level::warn, {}, LogOptions::Format::json};
  logged.fixture.arrive({{"e\"1", "x", 1}});
  logged.fixture.play();
  logged.fixture.end("e\"1", unanswered(OutcomeKind::unknown, "aborted"));
  const auto line = logged.text();
  CHECK(line.find(R"("level":"warning","message":"outcome unknown, to be sent again","event_id":"e\"1",)"
                  R"("entity_id":"x","sequence":1,"attempt":1,"host":"a.test","outcome":"unknown",)"
                  R"("error":"aborted","took_ms":0.000})") != std::string::npos);
}

TEST_CASE("at the usual level only what somebody has to know is said") {
  Logged logged{spdlog::level::info, two_attempts()};
  DispatcherFixture& fixture = logged.fixture;
  fixture.arrive({{"good", "a", 1}, {"bad", "b", 1}});
  fixture.play();
  fixture.answer("good", 200);
  fixture.answer("bad", 500);
  CHECK(logged.text().empty());
  fixture.tick(10min);
  fixture.answer("bad", 500);
  CHECK(logged.text().starts_with("dispatch: warning: dead letter event=bad "));
}

TEST_CASE("where nothing is said of deliveries nothing is kept of them") {
  Logged quiet{spdlog::level::err};
  Logged usual{spdlog::level::info};
  CHECK_FALSE(quiet.deliveries().wants_attempt_traces());
  CHECK(usual.deliveries().wants_attempt_traces());
}

TEST_CASE("what was refused is told without what it says of the payload") {
  Logged logged{spdlog::level::warn, two_attempts()};
  logged.fixture.arrive({{"e", "a", 1}});
  logged.fixture.play();
  logged.fixture.end("e", unanswered(OutcomeKind::refused, "cannot index \"SECRET\""));
  CHECK(logged.text() ==
        "dispatch: warning: dead letter event=e entity=a sequence=1 attempt=1 host=a.test outcome=refused "
        "took_ms=0.000\n");
}

TEST_CASE("a filter or transform that failed is named without what it says of the payload") {
  for (const std::string which : {"filter", "transform"}) {
    Logged logged{spdlog::level::warn, two_attempts()};
    logged.fixture.arrive({{"e", "a", 1}});
    logged.fixture.play();
    logged.fixture.end("e", unanswered(OutcomeKind::refused,
                                       "the " + which + " of subscription crm failed: index \"SECRET\""));
    CHECK(logged.text() ==
          "dispatch: warning: dead letter event=e entity=a sequence=1 attempt=1 host=a.test outcome=" +
              which + "_failed took_ms=0.000\n");
  }
}

TEST_CASE("what is said aside comes among the lines with its level") {
  Logged logged{spdlog::level::info};
  const auto aside = logged.deliveries().aside();
  aside->warn("the {} is low", "tide");
  aside->debug("hidden");
  CHECK(logged.text() == "dispatch: warning: the tide is low\n");
}
