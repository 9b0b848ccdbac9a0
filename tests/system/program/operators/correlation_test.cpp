// What shares a correlation id, as users see it.

#include "system/program/scenario.hpp"

#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;

namespace {

/// An event of type "did.ID".
std::string line(const std::string& id, const std::string& entity, int sequence,
                 const std::string& correlation, const std::string& cause = {}) {
  const auto member = [](const char* name, const std::string& text) {
    return text.empty() ? text : fmt::format(R"(,"{}":"{}")", name, text);
  };
  return fmt::format(R"({{"event_id":"{0}","entity_id":"{1}","sequence_number":{2},"type":"did.{0}"{3}{4}}})"
                     "\n",
                     id, entity, sequence, member("correlation_id", correlation),
                     member("causation_id", cause));
}

/// A purchase across entities, one delivery of it a dead letter that another waits behind, beside events that
/// are none of it.
struct Purchase {
  Purchase() {
    const Receiver receiver{[](const Received& request, std::size_t) {
      Answer answer;
      if (id_of(request) == "paid") answer.status = 404;
      return answer;
    }};
    const auto run = run_dispatch(
        directory, {"run", "-", "--to", receiver.url(), "--attempts", "1"},
        line("sold", "S", 1, "sale") + line("alone", "S", 2, "") + line("ordered", "O", 1, "purchase") +
            line("paid", "P", 1, "purchase", "ordered") + line("packed", "O", 2, "purchase", "ordered") +
            line("posted", "O", 3, "purchase", "packed") + line("refunded", "P", 2, "purchase", "sold") +
            line("asked", "Q", 1, "purchase", "alone") + line("lost", "L", 1, "purchase", "gone") +
            line("ping", "R", 1, "purchase", "pong") + line("pong", "R", 2, "purchase", "ping") +
            line("self", "T", 1, "purchase", "self"));
    CHECK_MESSAGE(run.exit_code == 3, run.err);
  }

  Finished operator()(std::vector<std::string> arguments) const {
    return run_dispatch(directory, std::move(arguments));
  }

  TempDir directory;
};

/// The cells of a row, without the spaces between them.
std::string row(const std::string& line) {
  std::istringstream stream{line};
  std::string cells;
  for (std::string cell; stream >> cell;) {
    if (cell.starts_with("20") && cell.ends_with("Z")) cell = "then";
    cells += cells.empty() ? cell : " " + cell;
  }
  return cells;
}

}  // namespace

TEST_CASE("a trace shows what shares a correlation id across entities as a tree of causes") {
  const Purchase purchase;
  const auto trace = purchase({"events", "trace", "purchase"});
  CHECK(trace.exit_code == 0);
  CHECK(has(trace.err, "dispatch events show ID"));
  const auto lines = lines_of(trace.out);
  REQUIRE(lines.size() == 11);
  CHECK(row(lines[0]) == "EVENT TYPE ENTITY SEQUENCE STATE ACCEPTED CAUSE");
  CHECK(row(lines[1]) == "ordered did.ordered O 1 completed then -");
  CHECK(row(lines[2]) == "paid did.paid P 1 dead_letter then ordered");
  CHECK(row(lines[3]) == "packed did.packed O 2 completed then ordered");
  CHECK(row(lines[4]) == "posted did.posted O 3 completed then packed");
  CHECK(row(lines[5]) == "refunded did.refunded P 2 pending then sold (correlation sale)");
  CHECK(row(lines[6]) == "asked did.asked Q 1 completed then alone (without a correlation id)");
  CHECK(row(lines[7]) == "lost did.lost L 1 completed then gone (not in the journal)");
  CHECK(row(lines[8]) == "ping did.ping R 1 completed then pong (in a circle)");
  CHECK(row(lines[9]) == "pong did.pong R 2 completed then ping");
  CHECK(row(lines[10]) == "self did.self T 1 completed then self (in a circle)");
  CHECK(lines[1].starts_with("ordered "));
  CHECK(lines[2].starts_with("  paid "));
  CHECK(lines[3].starts_with("  packed "));
  CHECK(lines[4].starts_with("    posted "));
  CHECK(lines[5].starts_with("refunded "));
}

TEST_CASE("a trace for a program has one object for each event with its place in the tree") {
  const Purchase purchase;
  const auto trace = purchase({"events", "trace", "--json", "purchase"});
  CHECK(trace.exit_code == 0);
  CHECK(trace.err.empty());
  const auto lines = lines_of(trace.out);
  REQUIRE(lines.size() == 10);
  const auto place = [&](std::size_t at) { return lines[at].substr(lines[at].rfind(",\"depth\":")); };
  CHECK(place(0) == R"(,"depth":0,"parent":null,"cause":"none"})");
  CHECK(place(3) == R"(,"depth":2,"parent":"packed","cause":"shown"})");
  CHECK(place(4) == R"(,"depth":0,"parent":null,"cause":"away"})");
  CHECK(place(7) == R"(,"depth":0,"parent":null,"cause":"circle"})");
  CHECK(text_under("event_id", lines[3]) == "posted");
  CHECK(has(lines[1], R"("deliveries":[{)"));
  CHECK(has(lines[1], R"("state":"dead_letter")"));
}

TEST_CASE("a correlation id that no event has is told with what to do next") {
  const Purchase purchase;
  const auto trace = purchase({"events", "trace", "purchases"});
  CHECK(trace.exit_code == 2);
  CHECK(trace.out.empty());
  CHECK(has(trace.err, "no event in dispatch.db has the correlation id purchases"));
  CHECK(has(trace.err, "dispatch events show ID"));
  CHECK(purchase({"events", "trace"}).exit_code == 2);
}

TEST_CASE("a trace is of more events than a page and of chains deeper than a screen") {
  const TempDir directory;
  constexpr int events = 3'000;
  std::string chain;
  for (int i = 1; i <= events; ++i)
    chain += line("e" + std::to_string(i), "E", i, "c", i == 1 ? "" : "e" + std::to_string(i - 1));
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", "http://127.0.0.1:1/"}, chain).exit_code == 0);
  const auto text = lines_of(run_dispatch(directory, {"events", "trace", "c"}).out);
  REQUIRE(text.size() == events + 1);
  CHECK(text.back().starts_with(fmt::format("{:80}e3000 ", "")));
  const auto json = lines_of(run_dispatch(directory, {"events", "trace", "c", "--json"}).out);
  REQUIRE(json.size() == events);
  CHECK(json.back().ends_with(R"(,"depth":2999,"parent":"e2999","cause":"shown"})"));
}
