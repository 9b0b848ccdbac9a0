// Fifty connections a host, however it is named.

#include "system/program/scenario.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// The most requests open at one time over several receivers.
std::size_t most_at_once(const std::vector<const Receiver*>& receivers) {
  std::vector<std::pair<std::chrono::steady_clock::time_point, int>> changes;
  for (const auto* receiver : receivers) {
    for (const auto& request : receiver->received()) {
      changes.emplace_back(request.arrived, 1);
      changes.emplace_back(request.ended, -1);
    }
  }
  std::sort(changes.begin(), changes.end());
  int open = 0, most = 0;
  for (const auto& [when, change] : changes) most = std::max(most, open += change);
  return static_cast<std::size_t>(most);
}

/// The threads of that process with this name.
std::size_t threads_named(std::string_view name, pid_t process) {
  std::size_t count = 0;
  for (const auto& thread : std::filesystem::directory_iterator{fmt::format("/proc/{}/task", process)}) {
    std::ifstream file{thread.path() / "comm"};
    std::string text;
    if (std::getline(file, text) && text == name) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("one host under several URLs and ports gets at most fifty requests at a time") {
  const TempDir directory;
  const Receiver one{after(20ms)}, two{after(20ms)};
  std::string input;
  for (int i = 0; i < 300; ++i) {
    const auto id = fmt::format("e{}", i);
    input += event_line(id, id, 1, i % 2 == 0 ? one.url(fmt::format("/{}", i % 7)) : two.url("/other"));
  }
  const auto run = run_dispatch(directory, {"run", "-"}, input);
  CHECK(run.exit_code == 0);
  CHECK(one.count() + two.count() == 300);
  const auto most = most_at_once({&one, &two});
  CHECK(most <= 50);
  CHECK(most >= 40);
  for (const auto& request : one.received()) CHECK(request.header("X-Dispatch-Attempt") == "1");
}

// Takes twelve seconds: that long is all of the slow one.
TEST_CASE("a slow URL leaves a fast one of its host its share in whatever order they come" *
          doctest::test_suite("long")) {
  const TempDir directory;
  const Receiver receiver{[](const Received& request, std::size_t) {
    Answer answer;
    if (request.target == "/slow") answer.delay = 2s;
    return answer;
  }};
  std::string slow, fast, both;
  for (int i = 0; i < 300; ++i) {
    const auto to_slow = event_line(fmt::format("s{}", i), fmt::format("S{}", i), 1, receiver.url("/slow"));
    const auto to_fast = event_line(fmt::format("f{}", i), fmt::format("F{}", i), 1, receiver.url("/fast"));
    slow += to_slow;
    fast += to_fast;
    both += to_slow + to_fast;
  }
  std::string input;
  SUBCASE("interleaved") {
    input = both;
  }
  SUBCASE("the slow ones first") {
    input = slow + fast;
  }
  const auto run = run_dispatch(directory, {"run", "-"}, input);
  CHECK(run.exit_code == 0);
  const auto received = receiver.received();
  CHECK(received.size() == 600);
  CHECK(most_at_once({&receiver}) <= 50);
  auto last = received.at(0).arrived;
  for (const auto& request : received)
    if (request.target == "/fast") last = std::max(last, request.ended);
  CHECK(last - received.at(0).arrived < 4s);
}

TEST_CASE("a host that hangs does not keep another from its events") {
  const TempDir directory;
  Receiver hanging{[](const Received&, std::size_t) {
    Answer answer;
    answer.manner = Answer::Manner::held;
    return answer;
  }};
  Receiver quick{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.2"};
  std::string input;
  for (int i = 0; i < 500; ++i) {
    input += event_line(fmt::format("h{}", i), fmt::format("H{}", i), 1, hanging.url());
    input += event_line(fmt::format("q{}", i), fmt::format("Q{}", i), 1, quick.url());
  }
  Child run{directory, {"run", "-", "--timeout", "60s"}};
  REQUIRE(run.write(input));
  run.close_input();
  CHECK(quick.wait_ended(500, patience));
  REQUIRE(hanging.wait_for(50, patience));
  CHECK(hanging.count() == 50);
  hanging.release();
  CHECK(run.exit_code() == 0);
  CHECK(hanging.most_at_once() == 50);
}

TEST_CASE("waiting for a permit costs no attempt even where it takes longer than the timeout") {
  const TempDir directory;
  const Receiver receiver{after(100ms)};
  std::string input;
  for (int i = 0; i < 20; ++i) input += event_line(fmt::format("e{}", i), fmt::format("E{}", i), 1);
  const auto run = run_dispatch(
      directory, {"run", "-", "--to", receiver.url(), "--per-host", "1", "--timeout", "1s"}, input);
  CHECK(run.exit_code == 0);
  CHECK(receiver.count() == 20);
  CHECK(receiver.most_at_once() == 1);
}

TEST_CASE("several threads that make requests keep all limits and the order of each entity") {
  const TempDir directory;
  std::deque<Receiver> hosts;
  std::vector<const Receiver*> all;
  const auto held = [](const Received&, std::size_t) {
    return Answer{.delay = 2ms, .manner = Answer::Manner::held};
  };
  for (int host = 1; host <= 8; ++host)
    all.push_back(&hosts.emplace_back(held, fmt::format("127.0.0.{}", host)));
  std::string of_the_first, of_others;
  for (std::size_t sequence = 1; sequence <= 5; ++sequence)
    for (std::size_t entity = 0; entity < 80; ++entity) {
      const std::size_t host = entity % hosts.size();
      (host == 0 ? of_the_first : of_others) +=
          event_line(fmt::format("e{}-{}", entity, sequence), fmt::format("e{}", entity),
                     static_cast<std::int64_t>(sequence), hosts[host].url());
    }
  Child run{directory,
            {"run", "-", "--threads", "4", "--per-host", "3", "--workers", "10", "--timeout", "60s"}};
  REQUIRE(run.write(of_the_first));
  REQUIRE(hosts.front().wait_for(3, patience));
  CHECK(threads_named("dispatch-http", run.pid()) == 4);
  REQUIRE(run.write(of_others));
  run.close_input();
  const auto arrived = [&] {
    std::size_t count = 0;
    for (const Receiver& host : hosts) count += host.count();
    return count;
  };
  for (const auto end = std::chrono::steady_clock::now() + patience;
       arrived() < 10 && std::chrono::steady_clock::now() < end;)
    std::this_thread::sleep_for(1ms);
  CHECK(hosts.front().count() == 3);
  for (Receiver& host : hosts) host.release();
  CHECK(run.exit_code() == 0);
  CHECK(most_at_once(all) == 10);
  CHECK(hosts.front().most_at_once() == 3);
  for (const Receiver& host : hosts) {
    CHECK(host.most_at_once() <= 3);
    const auto seen = review(host.received());
    CHECK(seen.completed.size() == 50);
    CHECK(host.count() == 50);
    CHECK(seen.order_violations == 0);
    CHECK(seen.overlaps == 0);
  }
}

TEST_CASE("a stop waits for the requests of all threads and sends none of what waits") {
  const TempDir directory;
  std::deque<Receiver> hosts;
  std::string input;
  for (int host = 1; host <= 4; ++host) {
    hosts.emplace_back([](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; },
                       fmt::format("127.0.0.{}", host));
    for (int i = 0; i < 20; ++i) {
      const auto id = fmt::format("h{}-{}", host, i);
      input += event_line(id, id, 1, hosts.back().url());
    }
  }
  Child run{
      directory, {"run", "-", "--per-host", "2", "--timeout", "60s"}, {{{"DISPATCH_THREADS", "4"}}, {}}};
  REQUIRE(run.write(input));
  run.close_input();
  for (const Receiver& host : hosts) REQUIRE(host.wait_for(2, patience));
  run.signal(SIGTERM);
  REQUIRE(run.err().wait_for("no new request starts"));
  for (Receiver& host : hosts) host.release();
  CHECK(run.exit_code() == 5);
  for (const Receiver& host : hosts) CHECK(host.count() == 2);
  const auto rerun = run_dispatch(directory, {"run", "--threads", "3"});
  CHECK(rerun.exit_code == 0);
  for (const Receiver& host : hosts) CHECK(host.count() == 20);
}
