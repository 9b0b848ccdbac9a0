// Killed at random moments, with everything going on that can.

#include "system/crash/trial.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <random>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr int kills_of_a_round = 50;

int wanted_kills() {
  const char* told = std::getenv("DISPATCH_TEST_KILLS");
  return told == nullptr ? kills_of_a_round : std::atoi(told);
}

/// One journal from its first event to its last, killed up to `kills_of_a_round` times on the way.
class Round {
 public:
  explicit Round(unsigned seed)
      : engine_(seed),
        per_host_(std::to_string(number(2, 20))),
        orphans_(number(1, 4) == 1 ? "hold" : "retry") {
    // Some events come late, so that there are gaps.
    std::string punctual, late;
    for (int sequence = 1; sequence <= 40; ++sequence) {
      for (int entity = 0; entity < 40; ++entity) {
        const auto id = fmt::format("E{}-{}", entity, sequence);
        ids_.insert(id);
        (number(1, 50) == 1 ? late : punctual) +=
            event_line(id, fmt::format("E{}", entity), sequence, trial_.receiver().url());
      }
    }
    punctual_ = trial_.directory().write("punctual.jsonl", punctual);
    late_ = trial_.directory().write("late.jsonl", late);
  }

  /// Starts something, and kills it after a while. False where it ended before.
  bool kill_once() {
    Child run{trial_.directory(), arguments()};
    std::optional<Child> other;  // an operator or a second submission, killed as well
    if (number(1, 4) == 1) other.emplace(trial_.directory(), other_arguments());
    // A moment of the run's own time: so many more requests, or so many milliseconds where none come.
    const auto moment = number(1, 60);
    trial_.receiver().wait_for(trial_.receiver().count() + static_cast<std::size_t>(moment),
                               std::chrono::milliseconds{moment});
    if (other) other->signal(SIGKILL);
    run.signal(SIGKILL);
    const auto ended = run.wait();
    REQUIRE(ended);
    if (other) REQUIRE(other->wait());
    require_kept(trial_.broken());
    return ended->signal == SIGKILL;
  }

  void finish() {
    mended_ = true;
    REQUIRE(trial_.run({"run", punctual_, late_, "--quiet"}).exit_code.value_or(-1) <= 3);
    REQUIRE(trial_.run({"dlq", "release", "--all"}).exit_code == 0);
    REQUIRE(trial_.run({"run", "--quiet"}).exit_code == 0);
    require_kept(trial_.broken_when_done(ids_));
    for (const auto& [id, event] : trial_.stored()) unknown_ += event.unknown;
  }

  int unknown() const { return unknown_; }

 private:
  static void require_kept(const std::vector<std::string>& broken) {
    for (const auto& promise : broken) MESSAGE(promise);
    REQUIRE(broken.empty());
  }

  int number(int least, int most) { return std::uniform_int_distribution{least, most}(engine_); }

  std::vector<std::string> arguments() {
    std::vector<std::string> arguments{"run",       "--per-host", per_host_,    "--orphans", orphans_,
                                       "--backoff", "20ms..50ms", "--attempts", "3",         "--quiet"};
    if (number(1, 4) != 1) arguments.push_back(punctual_);
    if (number(1, 10) == 1) arguments.push_back(late_);
    return arguments;
  }

  std::vector<std::string> other_arguments() {
    switch (number(1, 3)) {
      case 1:
        return {"dlq", "release", "--all"};
      case 2:
        return {"ingest", late_, "--quiet"};
      default:
        return {"run", punctual_, "--quiet"};
    }
  }

  Answer answer(const Received& request, std::size_t nth) const {
    Answer answer;
    answer.delay = 2ms;
    const auto hash = std::hash<std::string>{}(id_of(request));
    if (nth == 1 && hash % 20 == 0) answer.status = 503;
    if (!mended_ && hash % 200 == 1) answer.status = 400;  // a dead letter
    return answer;
  }

  std::mt19937 engine_;
  std::string per_host_, orphans_;
  std::atomic<bool> mended_{false};
  Trial trial_{[this](const Received& request, std::size_t nth) { return answer(request, nth); }};
  std::set<std::string> ids_;
  std::string punctual_, late_;
  int unknown_ = 0;
};

}  // namespace

TEST_CASE("killed at random moments every event is delivered in order and doubles are unknowns") {
  const int wanted = wanted_kills();
  int kills = 0, unknown = 0;
  for (unsigned round = 0; kills < wanted; ++round) {
    CAPTURE(round);
    REQUIRE(round <= static_cast<unsigned>(wanted));
    Round journal{20261121 + round};
    for (int i = 0; i < kills_of_a_round && kills < wanted && journal.kill_once(); ++i) ++kills;
    journal.finish();
    unknown += journal.unknown();
  }
  MESSAGE(kills << " kills, " << unknown << " attempts of unknown outcome");
}
