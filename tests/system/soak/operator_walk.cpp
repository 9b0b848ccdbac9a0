// The program under operators who do anything at any time: subscriptions that are added with former events or
// moved, paused and resumed, replays, dead letters released and discarded, gaps skipped, events that come and
// come late, and a dispatcher that is killed and started again. After each round the audit must find nothing,
// and everything must come to its end. Each round says its seed; DISPATCH_TEST_SEED plays one again,
// DISPATCH_TEST_MINUTES says for how long there are rounds.

#include "system/program/scenario.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr int steps_of_a_round = 40;
constexpr int entities = 4;
constexpr int subscriptions = 3;

std::optional<unsigned long> number_from(const char* variable) {
  const char* told = std::getenv(variable);
  if (told == nullptr) return std::nullopt;
  return std::strtoul(told, nullptr, 10);
}

class Round {
 public:
  explicit Round(unsigned long seed) : chance_(seed) {}

  void play() {
    for (int step = 0; step < steps_of_a_round; ++step) {
      take_step();
      if (number(1, 8) == 1) verify();
    }
    finish();
  }

 private:
  int number(int least, int most) { return std::uniform_int_distribution{least, most}(chance_); }
  bool one_in(int count) { return number(1, count) == 1; }

  std::string entity() { return fmt::format("E{}", number(1, entities)); }
  std::string subscription() { return fmt::format("s{}", number(1, subscriptions)); }

  void take_step() {
    switch (number(0, 11)) {
      case 0:
      case 1:
      case 2:
        return bring_events();
      case 3:
        return bring_late_ones();
      case 4:
        return subscribe();
      case 5:
        return operate({"subscription", "pause", subscription()});
      case 6:
        return operate({"subscription", "resume", subscription()});
      case 7:
        return operate(one_in(3) ? std::vector<std::string>{"replay", "--all"}
                                 : std::vector<std::string>{"replay", "--subscription", subscription()});
      case 8:
        return operate({"dlq", one_in(3) ? "discard" : "release", "--entity", entity()});
      case 9:
        return operate({"gap", "skip", "--entity", entity()});
      case 10:
        return kill_and_rerun();
      default:
        return wait_for_requests();
    }
  }

  /// A few events in order; some are held back, so that there is a gap.
  void bring_events() {
    std::string lines;
    const int count = number(1, 12);
    for (int i = 0; i < count; ++i) {
      const int of = number(1, entities);
      const auto line = next_line(of);
      (one_in(12) ? late_ : lines) += line;
    }
    ingest(lines);
  }

  std::string next_line(int of) {
    const auto sequence = ++last_[of];
    // Some events have a destination of their own besides.
    const auto url = (of + sequence) % 5 == 0 ? receiver_.url("/direct") : std::string{};
    return event_line(fmt::format("E{}-{}", of, sequence), fmt::format("E{}", of), sequence, url);
  }

  void bring_late_ones() { ingest(std::exchange(late_, {})); }

  void ingest(const std::string& lines) {
    if (lines.empty()) return;
    if (run_ && one_in(2)) {
      run_->write(lines);
      return;
    }
    // What comes after its gap was skipped is rejected (4).
    const auto done = run_dispatch(directory_, {"ingest", "-", "--quiet"}, lines);
    REQUIRE_MESSAGE((done.exit_code == 0 || done.exit_code == 4), done.err);
  }

  /// A new one, or another URL, or what it does not have of former events.
  void subscribe() {
    std::vector<std::string> arguments{
        "subscription", "add", subscription(), "--url", receiver_.url(fmt::format("/{}", number(1, 2))),
        "--types",      "*",   "--replace"};
    if (one_in(3)) arguments.insert(arguments.end(), {"--rate", "200/s"});
    if (!one_in(3)) arguments.insert(arguments.end(), {"--from", std::to_string(number(1, 20))});
    operate(std::move(arguments));
  }

  /// Whatever is meant may not be there (2).
  void operate(std::vector<std::string> arguments) {
    const auto done = run_dispatch(directory_, std::move(arguments));
    REQUIRE_MESSAGE((done.exit_code == 0 || done.exit_code == 2), done.err);
  }

  void kill_and_rerun() {
    if (run_) {
      run_->signal(SIGKILL);
      REQUIRE(run_->wait());
      run_.reset();
      if (one_in(2)) return;
    }
    run_.emplace(directory_, run_arguments(true));
  }

  void wait_for_requests() {
    receiver_.wait_for(receiver_.count() + static_cast<std::size_t>(number(1, 10)),
                       std::chrono::milliseconds{number(1, 60)});
  }

  std::vector<std::string> run_arguments(bool reads) {
    std::vector<std::string> arguments{"run",        "--quiet", "--backoff",  "5ms..40ms",
                                       "--attempts", "3",       "--per-host", std::to_string(number(1, 4))};
    if (one_in(2)) arguments.insert(arguments.end(), {"--breaker", "3/50ms/1"});
    if (reads) arguments.emplace_back("-");
    return arguments;
  }

  void verify() {
    const auto done = run_dispatch(directory_, {"verify"});
    REQUIRE_MESSAGE((done.exit_code == 0 || done.exit_code == 2), done.out << done.err);
  }

  /// The receiver is mended, and the operators give way to all that is blocked: nothing may be left.
  void finish() {
    if (run_) {
      run_->close_input();
      if (one_in(2)) run_->signal(SIGKILL);
    }
    mended_ = true;
    bring_late_ones();
    for (int i = 1; i <= subscriptions; ++i) operate({"subscription", "resume", fmt::format("s{}", i)});
    if (run_) REQUIRE(run_->wait());
    run_.reset();
    for (int i = 1; i <= entities; ++i) {
      const auto of = fmt::format("E{}", i);
      while (run_dispatch(directory_, {"gap", "list", "--entity", of, "--json"}).out != "")
        operate({"gap", "skip", "--entity", of});
    }
    operate({"dlq", "release", "--all"});
    const auto last = run_dispatch(directory_, run_arguments(false));
    REQUIRE_MESSAGE((last.exit_code == 0 || (last.exit_code == 2 && receiver_.count() == 0)), last.err);
    verify();
    const auto listed = run_dispatch(directory_, {"events", "list", "--state", "pending", "--json"});
    REQUIRE_MESSAGE(listed.out.empty(), listed.out);
  }

  std::mt19937_64 chance_;
  std::atomic<bool> mended_{false};
  TempDir directory_;
  std::mt19937 mood_{7};  // the receiver's thread only
  Receiver receiver_{[this](const Received&, std::size_t) {
    Answer answer;
    const auto mood = mood_() % 100;
    if (mended_) return answer;
    if (mood < 25) answer.status = 500;
    if (mood >= 25 && mood < 30) answer.status = 410;  // pauses the subscription
    if (mood >= 30 && mood < 33) answer.manner = Answer::Manner::reset;
    if (mood >= 90) answer.delay = 15ms;
    return answer;
  }};
  std::optional<Child> run_;
  std::string late_;
  std::int64_t last_[entities + 1] = {};
};

}  // namespace

TEST_CASE("whatever operators do nothing is lost and nothing is left") {
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::minutes{number_from("DISPATCH_TEST_MINUTES").value_or(5)};
  const auto only = number_from("DISPATCH_TEST_SEED");
  unsigned long seed = only.value_or(1);
  do {
    CAPTURE(seed);
    INFO("DISPATCH_TEST_SEED=" << seed);
    Round{seed}.play();
    ++seed;
  } while (!only && std::chrono::steady_clock::now() < end);
  const auto rounds = seed - only.value_or(1);
  MESSAGE(rounds << " rounds");
}
