// What holds for one subscription and for no other: its limits, its receiver's troubles, what an answer
// means.

#include "system/program/scenario.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Ids = std::vector<std::string>;

/// `{"id": ..., "url": ..., "types": ["*"]` and what `more` says, as in a subscriptions file.
std::string subscribed(const std::string& id, const std::string& url, const std::string& more = {}) {
  return fmt::format(R"({{"id": "{}", "url": "{}", "types": ["*"]{}{}}})", id, url, more.empty() ? "" : ", ",
                     more);
}

void declare(const TempDir& directory, const std::vector<std::string>& subscriptions) {
  directory.write("subs.json", fmt::format(R"({{"subscriptions": [{}]}})", fmt::join(subscriptions, ",\n")));
  REQUIRE(run_dispatch(directory, {"subscription", "apply", "subs.json"}).exit_code == 0);
}

std::string shown(const TempDir& directory, const std::string& id) {
  return run_dispatch(directory, {"subscription", "show", id, "--json"}).out;
}

int number_under(std::string_view key, const std::string& line) {
  const auto start = line.find(fmt::format("\"{}\":", key));
  REQUIRE(start != std::string::npos);
  return std::stoi(line.substr(start + key.size() + 3));
}

std::vector<Received> at(const Receiver& receiver, const std::string& target) {
  std::vector<Received> some;
  for (auto& request : receiver.received())
    if (request.target == target) some.push_back(request);
  return some;
}

Ids ids_of(const std::vector<Received>& received) {
  Ids ids;
  for (const auto& request : received) ids.push_back(id_of(request));
  return ids;
}

Receiver::Script always(const Answer& answer) {
  return [answer](const Received&, std::size_t) { return answer; };
}

/// A port of loopback at which nobody listens.
std::string refusing_url(const std::string& address) {
  return Receiver{always({}), address}.url();
}

}  // namespace

TEST_CASE("a dead subscription and one that hangs among a hundred cost the others nothing") {
  const TempDir directory;
  const Receiver live;
  Receiver hanging{always({.manner = Answer::Manner::held}), "127.0.0.2"};
  std::vector<std::string> all;
  for (int i = 0; i < 98; ++i)
    all.push_back(subscribed(fmt::format("s{}", i), live.url(fmt::format("/{}", i))));
  // Of the same host as the others, whose few permits it would hold.
  all.push_back(subscribed("dead", refusing_url("127.0.0.1")));
  all.push_back(subscribed("hangs", hanging.url()));
  declare(directory, all);

  constexpr int entities = 5, each = 4, events = entities * each;
  Child run{
      directory,
      {"run", "-", "--breaker", "3/1h/2", "--per-host", "3", "--timeout", "60s", "--backoff", "10ms..20ms"}};
  REQUIRE(run.write(streams(entities, each)));
  run.close_input();
  REQUIRE(live.wait_ended(98 * events, patience));
  REQUIRE(hanging.wait_for(3));
  CHECK_FALSE(run.wait(0ms));  // it waits for the two

  CHECK(live.count() == 98 * events);
  for (const auto& request : live.received()) REQUIRE(request.header("X-Dispatch-Attempt") == "1");
  for (int i = 0; i < 98; ++i) {
    const auto seen = review(at(live, fmt::format("/{}", i)));
    CHECK(seen.completed.size() == events);
    CHECK(seen.order_violations == 0);
    CHECK(seen.overlaps == 0);
  }
  CHECK(hanging.count() == 3);

  // No attempt was spent on waiting: a few were made before the circuit opened, and none is used up.
  const auto dead = shown(directory, "dead");
  CHECK(number_under("dead_letter", dead) == 0);
  CHECK(number_under("pending", dead) + number_under("retry_wait", dead) == events);
  std::size_t attempts = 0;
  for (int entity = 0; entity < entities; ++entity)
    for (const auto& line :
         lines_of(run_dispatch(directory, {"attempts", fmt::format("E{}-1", entity), "--json"}).out))
      attempts += has(line, "connect_error");
  CHECK(attempts >= 3);
  CHECK(attempts <= 3 + 3);  // and what was under way then

  run.signal(SIGTERM);
  hanging.release();
  CHECK(run.exit_code() == 5);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("410 pauses its subscription until it is resumed and costs nothing but that attempt") {
  const TempDir directory;
  std::atomic<bool> back{false};
  const Receiver gone{[&](const Received&, std::size_t) {
    Answer answer;
    answer.status = back ? 200 : 410;
    return answer;
  }};
  const Receiver other;
  declare(directory, {subscribed("gone", gone.url()), subscribed("other", other.url())});
  const auto run = run_dispatch(directory, {"run", "-", "--backoff", "1ms..2ms"}, streams(1, 5));
  CHECK(run.exit_code == 3);
  CHECK(gone.count() == 1);
  CHECK(other.count() == 5);
  CHECK(has(run.err, "subscription 'gone' is paused, as its receiver answered 410 Gone"));
  CHECK(has(run.err, "dispatch subscription resume gone"));
  const auto paused = shown(directory, "gone");
  CHECK(has(paused, "\"paused\":true"));
  CHECK(has(paused, "\"pause_reason\":\"the receiver answered 410 Gone\""));
  CHECK(has(shown(directory, "other"), "\"paused\":false"));
  CHECK(run_dispatch(directory, {"run"}).exit_code == 3);
  CHECK(gone.count() == 1);

  back = true;
  CHECK(run_dispatch(directory, {"subscription", "resume", "gone"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  const auto received = gone.received();
  CHECK(ids_of(received) == Ids{"E0-1", "E0-1", "E0-2", "E0-3", "E0-4", "E0-5"});
  CHECK(received[1].header("X-Dispatch-Attempt") == "2");
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a run that is on goes on with a subscription that is resumed beside it") {
  const TempDir directory;
  const Receiver first, second;
  declare(directory, {subscribed("first", first.url()), subscribed("second", second.url())});
  CHECK(run_dispatch(directory, {"subscription", "pause", "second"}).exit_code == 0);
  Child run{directory, {"run", "-"}};
  REQUIRE(run.write(streams(2, 3)));
  REQUIRE(first.wait_ended(6));
  CHECK(second.count() == 0);
  CHECK(run_dispatch(directory, {"subscription", "resume", "second"}).exit_code == 0);
  REQUIRE(second.wait_ended(6));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(review(second.received()).order_violations == 0);
}

TEST_CASE("a redirect is a failure and nobody asks where it leads") {
  const TempDir directory;
  const Receiver elsewhere;
  for (const int status : {301, 302, 303, 307, 308}) {
    CAPTURE(status);
    const Receiver leading{always({.status = status, .headers = {{"Location", elsewhere.url()}}})};
    const auto id = fmt::format("e{}", status);
    const auto run = run_dispatch(
        directory, {"run", "-", "--to", leading.url(), "--attempts", "2", "--backoff", "1ms..2ms"},
        event_line(id, id, 1));
    CHECK(run.exit_code == 3);
    CHECK(leading.count() == 2);
    CHECK(has(run_dispatch(directory, {"dlq", "show", id}).out, fmt::format("HTTP {}", status)));
  }
  CHECK(elsewhere.count() == 0);
}

// Takes up to three seconds of wall time.
TEST_CASE("a date at which to come back is obeyed") {
  const TempDir directory;
  std::atomic<std::int64_t> date{0};
  const Receiver receiver{[&](const Received&, std::size_t nth) {
    if (nth > 1) return Answer{};
    const std::time_t then = std::time(nullptr) + 2;
    date = then;
    std::tm utc{};
    gmtime_r(&then, &utc);
    char text[64];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    return Answer{.status = 503, .headers = {{"Retry-After", text}}};
  }};
  std::time_t came = 0;
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--backoff", "1ms..2ms"},
                                event_line("e1", "X", 1));
  CHECK(run.exit_code == 0);
  const auto received = receiver.received();
  REQUIRE(received.size() == 2);
  // When it came, by the clock that the date is of.
  came = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() -
                                              std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                                  std::chrono::steady_clock::now() - received[1].arrived));
  CHECK(came >= date);
}

TEST_CASE("each subscription has its own attempts and statuses and time and number of requests") {
  const TempDir directory;
  const Receiver conflicts{always({.status = 409})};
  const Receiver fails{always({.status = 500}), "127.0.0.2"};
  Receiver hangs{always({.manner = Answer::Manner::held}), "127.0.0.3"};
  const Receiver narrow{after(5ms), "127.0.0.4"};
  declare(directory, {subscribed("tolerant", conflicts.url("/ok"), R"("on_status": "409=ok")"),
                      subscribed("stern", conflicts.url("/dead"), R"("on_status": "409=dead")"),
                      subscribed("few", fails.url("/few"), R"("attempts": 2)"),
                      subscribed("more", fails.url("/more"), R"("attempts": 3)"),
                      subscribed("short", hangs.url(), R"("timeout": "100ms", "attempts": 1)"),
                      subscribed("narrow", narrow.url(), R"("concurrency": 2)")});
  const auto run =
      run_dispatch(directory, {"run", "-", "--timeout", "60s", "--backoff", "1ms..2ms"}, streams(20, 1));
  CHECK(run.exit_code == 3);
  CHECK(number_under("completed", shown(directory, "tolerant")) == 20);
  CHECK(at(conflicts, "/ok").size() == 20);
  CHECK(number_under("dead_letter", shown(directory, "stern")) == 20);
  CHECK(at(conflicts, "/dead").size() == 20);
  CHECK(at(fails, "/few").size() == 40);
  CHECK(at(fails, "/more").size() == 60);
  CHECK(number_under("dead_letter", shown(directory, "short")) == 20);
  CHECK(has(run_dispatch(directory, {"attempts", "E0-1"}).out, "timed out"));
  CHECK(number_under("completed", shown(directory, "narrow")) == 20);
  CHECK(narrow.most_at_once() <= 2);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

// Takes a second of wall time.
TEST_CASE("a subscription gets a hundred requests a second where nothing else is said") {
  const TempDir directory;
  const Receiver usual, unlimited;
  declare(directory,
          {subscribed("usual", usual.url()), subscribed("unlimited", unlimited.url(), R"("rate": "off")")});
  CHECK(has(run_dispatch(directory, {"subscription", "show", "usual"}).out, "100/s"));
  Child run{directory, {"run", "-"}};
  REQUIRE(run.write(streams(150, 1)));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(unlimited.count() == 150);
  const auto received = usual.received();
  REQUIRE(received.size() == 150);
  for (std::size_t i = 100; i < received.size(); ++i)
    CHECK(received[i].arrived - received[i - 100].arrived >= 1s);
  CHECK(received[99].arrived - received[0].arrived >= 900ms);  // evenly
}

TEST_CASE("the open circuit of a subscription is open in the next run and no matter where it is off") {
  const TempDir directory;
  std::atomic<bool> well{false};
  const Receiver receiver{[&](const Received&, std::size_t) {
    Answer answer;
    answer.status = well ? 200 : 503;
    return answer;
  }};
  const Receiver beside;
  declare(directory,
          {subscribed("s", receiver.url(), R"("concurrency": 1)"), subscribed("beside", beside.url())});
  const std::vector<std::string> command{"run", "-", "--breaker", "2/1h/1", "--attempts", "9"};
  {
    Child run{directory, command};
    REQUIRE(run.write(streams(10, 1)));
    run.close_input();
    REQUIRE(receiver.wait_ended(2));
    run.signal(SIGTERM);
    CHECK(run.exit_code() == 5);
  }
  CHECK(receiver.count() == 2);
  {
    Child run{directory, command};
    REQUIRE(run.write(event_line("other", "O", 1)));
    run.close_input();
    REQUIRE(beside.wait_ended(11));
    run.signal(SIGTERM);
    CHECK(run.exit_code() == 5);
  }
  CHECK(receiver.count() == 2);
  well = true;
  CHECK(run_dispatch(directory, {"run", "--breaker", "off"}).exit_code == 0);
  CHECK(receiver.count() == 2 + 11);
  CHECK(beside.count() == 11);
}
