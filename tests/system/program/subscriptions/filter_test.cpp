// Filters as receivers meet them: what they exclude is never sent, whatever happens to the processes that ask
// them.

#include "support/own_resources.hpp"
#include "system/program/scenario.hpp"

#include <csignal>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;

namespace {

using Ids = std::vector<std::string>;

std::string numbered(int n) {
  return event_line(fmt::format("e{}", n), "E", n, {}, fmt::format("{{\"n\":{}}}", n));
}

Finished subscribe(const TempDir& directory, const std::string& url, const std::string& filter,
                   const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"subscription", "add", "s",        "--url", url,
                                     "--types",      "*",   "--filter", filter};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_dispatch(directory, std::move(arguments));
}

Ids ids_at(const Receiver& receiver) {
  Ids ids;
  for (const auto& request : receiver.received()) ids.push_back(id_of(request));
  return ids;
}

void kill_jq(const Child& run) {
  const auto processes = children(run.pid(), "dispatch-jq");
  REQUIRE_FALSE(processes.empty());
  for (const pid_t process : processes) ::kill(process, SIGKILL);
}

}  // namespace

TEST_CASE("an event that the filter excludes is not sent though the filter could not be asked when it came") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(subscribe(directory, receiver.url(), ".data.n != 2").exit_code == 0);
  Child run{directory, {"run", "-", "--backoff", "10ms..20ms"}};
  REQUIRE(run.write(numbered(1)));
  REQUIRE(receiver.wait_ended(1));
  kill_jq(run);
  REQUIRE(run.write(numbered(2) + numbered(3)));
  REQUIRE(receiver.wait_ended(2));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(ids_at(receiver) == Ids{"e1", "e3"});
  CHECK(has(run.err().all(), "not meant                1"));

  CHECK(has(run_dispatch(directory, {"events", "show", "e2"}).out, "failed, not meant"));
  CHECK(has(run_dispatch(directory, {"events", "list", "--json"}).out, "\"not_meant\":true"));
  CHECK(has(run_dispatch(directory, {"attempts", "e2"}).out,
            "the filter of subscription s excludes the event"));
  CHECK(has(run_dispatch(directory, {"status"}).out, "1 of them not meant"));
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"not_meant\":1"));
  CHECK(has(run_dispatch(directory, {"run"}).err, "all that was accepted is delivered\n"));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a request for which jq was killed is made later and costs no attempt") {
  const TempDir directory;
  constexpr int events = 40, before_the_kill = 20;
  const auto last_before = fmt::format("e{}", before_the_kill);
  Receiver receiver{[&](const Received& request, std::size_t) {
    return id_of(request) == last_before ? Answer{.manner = Answer::Manner::held} : Answer{};
  }};
  REQUIRE(subscribe(directory, receiver.url(), ".data.n > 0").exit_code == 0);
  std::string lines;
  Ids in_order;
  for (int n = 1; n <= events; ++n) {
    lines += numbered(n);
    in_order.push_back(fmt::format("e{}", n));
  }
  REQUIRE(run_dispatch(directory, {"ingest", "-"}, lines).exit_code == 0);
  Child run{directory, {"run", "--backoff", "10ms..20ms", "--attempts", "1"}};
  REQUIRE(receiver.wait_for(before_the_kill));
  kill_jq(run);  // of several that are asked, all that have been asked so far
  receiver.release();
  CHECK(run.exit_code() == 0);
  CHECK(ids_at(receiver) == in_order);

  // Each of the threads that ask has a process of its own; the next one that was asked may be any event's.
  std::string attempts;
  for (int n = before_the_kill + 1; n <= events; ++n)
    attempts += run_dispatch(directory, {"attempts", fmt::format("e{}", n), "--json"}).out;
  CHECK(has(attempts, "\"outcome\":\"local_failure\""));
  CHECK(has(attempts, "was killed by signal 9"));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("the filter that a subscription has when the request is to begin decides") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(subscribe(directory, receiver.url(), ".data.n > 0").exit_code == 0);
  REQUIRE(run_dispatch(directory, {"ingest", "-"}, numbered(1) + numbered(2)).exit_code == 0);
  REQUIRE(subscribe(directory, receiver.url(), ".data.n > 1", {"--replace"}).exit_code == 0);
  const auto run = run_dispatch(directory, {"run"});
  CHECK(run.exit_code == 0);
  CHECK(ids_at(receiver) == Ids{"e2"});
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);

  REQUIRE(subscribe(directory, receiver.url(), ".data.n > 0", {"--replace"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"replay", "--state", "failed", "--subscription", "s"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(ids_at(receiver) == Ids{"e2", "e1"});
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}
