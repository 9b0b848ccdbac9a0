#include "cli/output/summary.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::cli;
using namespace std::chrono_literals;

namespace {

using How = flow::RunResult::How;

Summary summary_of(How how, std::int64_t remaining = 0) {
  Summary summary;
  summary.result = {how, remaining};
  summary.took = 1500ms;
  summary.journal = "dispatch.db";
  return summary;
}

Summary with_dead_letter(Summary summary) {
  summary.stats.state_counts.deliveries[static_cast<std::size_t>(DeliveryState::dead_letter)] = 1;
  return summary;
}

Summary with_reject(Summary summary) {
  summary.stats.rejected = 1;
  return summary;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the exit code is the most severe of what holds") {
  CHECK(exit_code(summary_of(How::finished)) == ExitCode::delivered);
  CHECK(exit_code(with_reject(summary_of(How::finished))) == ExitCode::rejected);
  CHECK(exit_code(with_reject(summary_of(How::finished, 3))) == ExitCode::remains);
  CHECK(exit_code(with_reject(summary_of(How::interrupted, 3))) == ExitCode::interrupted);
  CHECK(exit_code(summary_of(How::interrupted)) == ExitCode::interrupted);
}

TEST_CASE("a run that did everything has nothing to be done next") {
  const Summary summary = summary_of(How::finished);
  CHECK(next_commands(summary).empty());
  CHECK(has(summary_text(summary), "dispatch: finished in 1.5s; all that was accepted is delivered\n"));
  CHECK(has(summary_text(summary), "nothing is left to do"));
}

TEST_CASE("what was given up meanwhile is not called delivered") {
  Summary summary = summary_of(How::finished);
  summary.stats.given_up = 2;
  CHECK(has(summary_text(summary),
            "finished in 1.5s; 2 deliveries were given up; all else that was accepted is delivered\n"));
  CHECK(has(summary_text(summary), "given up"));
  CHECK(has(summary_json(summary, WallTime{}), "\"given_up\":2"));
  summary.stats.given_up = 1;
  CHECK(has(summary_text(summary), "; 1 delivery was given up; all else"));
  summary.given_up_earlier = true;
  CHECK(has(summary_text(summary), "; all else that was accepted is delivered or was given up earlier\n"));
  summary.stats.given_up = 0;
  CHECK(has(summary_text(summary), "; all that was accepted is delivered or was given up earlier\n"));
  summary.result.followed = true;
  CHECK(has(summary_text(summary), "; all that this run accepted is delivered or was given up\n"));
}

TEST_CASE("an interrupted run is resumed on the journal it had") {
  Summary summary = summary_of(How::interrupted, 1'234);
  summary.journal = "/var/lib/my events.db";
  CHECK(next_commands(summary).at(0).command == "dispatch run --journal '/var/lib/my events.db'");
  CHECK(has(summary_text(summary), "interrupted after 1.5s; 1,234 deliveries are left"));
  CHECK(has(summary_text(summary), "waiting"));
  CHECK_FALSE(has(summary_text(summary), "blocked"));
}

TEST_CASE("an interrupted run that has not read all of its input is to be run again with it") {
  for (const Task task : {Task::deliver, Task::accept}) {
    Summary summary = summary_of(How::interrupted, 3);
    summary.task = task;
    summary.command = "dispatch run --to http://a.test/ -";
    summary.stats.unread = {{"-", 7, "the run was stopped"}};
    const auto next = next_commands(summary);
    REQUIRE(next.size() == (task == Task::accept ? 2 : 1));
    CHECK(next[0].command == summary.command);
    CHECK(has(next[0].reason, "give it the same standard input"));
    CHECK(exit_code(summary) == ExitCode::interrupted);
    CHECK(has(summary_text(summary), "not read: standard input after line 7\n"));
  }
}

TEST_CASE("dead letters and gaps and unknown outcomes each lead to the command that lists them") {
  Summary summary = with_dead_letter(summary_of(How::finished, 5));
  summary.gapped_entities = 1;
  summary.stats.unknown = 2;
  const auto next = next_commands(summary);
  REQUIRE(next.size() == 3);
  CHECK(next[0].command == "dispatch dlq list");
  CHECK(next[1].command == "dispatch gap list");
  CHECK(next[2].command == "dispatch events list --unknown");
}

TEST_CASE("duplicates of another URL are told in the heading and lead to what sends them there") {
  Summary summary = summary_of(How::finished);
  summary.stats.duplicates = summary.stats.recorded_elsewhere.events = 2;
  summary.stats.recorded_elsewhere.url = "http://b.test/?a&b";
  CHECK(
      has(summary_text(summary),
          "nothing was sent: 2 events are in the journal already, for another URL than http://b.test/?a&b;"));
  CHECK(next_commands(summary).empty());  // what cannot be looked up is left unsaid
  summary.recorded = {"http://a.test/", "http://c.test/"};
  const auto next = next_commands(summary);
  REQUIRE(next.size() == 2);
  CHECK(next[0].command == "dispatch replay --url http://a.test/ --to 'http://b.test/?a&b'");
  CHECK(next[1].command == "dispatch redirect --url http://c.test/ --to 'http://b.test/?a&b'");
  CHECK(next[0].reason == "send there too all that was ever sent to that URL");
  summary.recorded.inputs = {"a b.jsonl", "-"};
  CHECK(next_commands(summary)[0].command ==
        "dispatch replay --url http://a.test/ --file 'a b.jsonl' --file - --to 'http://b.test/?a&b'");
  CHECK(next_commands(summary)[1].command ==
        "dispatch redirect --url http://c.test/ --file 'a b.jsonl' --file - --to 'http://b.test/?a&b'");
  summary.stats.accepted = 1;
  CHECK_FALSE(has(summary_text(summary), "nothing was sent"));
  CHECK(has(summary_text(summary), "and were not sent there"));
}

TEST_CASE("rejected lines lead to the command that lists them") {
  CHECK(next_commands(with_reject(summary_of(How::finished))).at(0).command == "dispatch rejects list");
}

TEST_CASE("inputs that were not read are told and make exit code 4") {
  Summary summary = summary_of(How::finished);
  summary.stats.unread.push_back({"a.jsonl", 17, "why"});
  summary.stats.unread.push_back({"-", 0, "why"});
  CHECK(exit_code(summary) == ExitCode::rejected);
  CHECK(has(summary_text(summary), "  not read: a.jsonl after line 17\n  not read: standard input\n"));
  for (int i = 0; i < 9; ++i) summary.stats.unread.push_back({"b.jsonl", 0, "why"});
  CHECK(has(summary_text(summary), "  not read: 6 more inputs\n"));
  CHECK(has(summary_json(summary, WallTime{}), "\"unread_inputs\":11"));
}

TEST_CASE("what remains for no known reason leads to the status") {
  CHECK(next_commands(summary_of(How::finished, 1)).at(0).command == "dispatch status");
}

TEST_CASE("accepting only leads to the run that delivers") {
  Summary summary = summary_of(How::finished);
  summary.task = Task::accept;
  summary.stats.accepted = 3;
  CHECK(next_commands(summary).at(0).command == "dispatch run");
  CHECK(has(summary_text(summary), "what was accepted is in the journal"));
  CHECK_FALSE(has(summary_text(summary), "blocked"));
}

TEST_CASE("the summary for programs is one line") {
  const std::string json = summary_json(with_dead_letter(summary_of(How::finished, 1)), WallTime{});
  CHECK(json.find('\n') == json.size() - 1);
  CHECK(has(json, "\"time\":\"1970-01-01T00:00:00.000Z\""));
  CHECK(has(json, "\"ending\":\"finished\",\"exit_code\":3,\"remaining\":1"));
  CHECK(has(json, "\"next\":[\"dispatch dlq list\"]"));
}

TEST_CASE("an error text cannot write lines of its own into a summary") {
  Summary summary = summary_of(How::finished, 1);
  summary.stats.errors["a\x1b[2J\n  next: rm -rf /   (forged)"] = 1;
  summary.stats.unread.push_back({"x\ny", 7, "damaged"});
  const auto text = summary_text(summary);
  CHECK(has(text, R"(a\u001b[2J\n  next: rm -rf /)"));
  CHECK_FALSE(has(text, "\n  next: rm"));
  CHECK(has(text, R"(not read: x\ny after line 7)"));
}

TEST_CASE("a summary shows the user name and password of no URL") {
  Summary summary = summary_of(How::finished, 1);
  summary.stats.errors["the proxy http://someone:swordfish@a.test/ refused"] = 1;
  summary.stats.duplicates = summary.stats.recorded_elsewhere.events = 1;
  summary.stats.recorded_elsewhere.url = "http://someone:swordfish@b.test/";
  const auto text = summary_text(summary);
  CHECK(has(text, "the proxy http://***@a.test/ refused"));
  CHECK(has(text, "for another URL than http://***@b.test/"));
  CHECK_FALSE(has(text, "swordfish"));
}

TEST_CASE("a headline fits what happened") {
  const auto heading = [](const Summary& summary) {
    const auto text = summary_text(summary);
    return text.substr(0, text.find('\n'));
  };
  CHECK(heading(summary_of(How::finished, 1)) == "dispatch: finished in 1.5s; 1 delivery cannot proceed");
  CHECK(heading(summary_of(How::finished, 2)) == "dispatch: finished in 1.5s; 2 deliveries cannot proceed");
  CHECK(heading(summary_of(How::interrupted, 1)) == "dispatch: interrupted after 1.5s; 1 delivery is left");
  Summary rejected = summary_of(How::finished);
  rejected.stats.rejected = 12;
  CHECK(heading(rejected) == "dispatch: finished in 1.5s; all 12 lines were rejected");
  rejected.stats.rejected = 1;
  CHECK(heading(rejected) == "dispatch: finished in 1.5s; the only line was rejected");
  rejected.stats.accepted = 3;
  CHECK(heading(rejected) ==
        "dispatch: finished in 1.5s; all that was accepted is delivered; 1 line was rejected");
  rejected.task = Task::accept;
  CHECK(heading(rejected) ==
        "dispatch: finished in 1.5s; what was accepted is in the journal; 1 line was rejected");
}

TEST_CASE("one line says how it ended and what to type") {
  CHECK(summary_line(with_dead_letter(summary_of(How::finished, 1))) ==
        "dispatch: finished in 1.5s; 1 delivery cannot proceed; next: dispatch dlq list\n");
}
