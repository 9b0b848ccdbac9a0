// Eight processes at a time on one journal, while a run is on. How long is in DISPATCH_CROWD_SECONDS; 3
// otherwise.

#include "system/program/account.hpp"
#include "system/program/scenario.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t backlog_most = 3'000;
constexpr int settling_rounds_most = 50;

std::chrono::seconds time_of_load() {
  const char* const said = std::getenv("DISPATCH_CROWD_SECONDS");
  return std::chrono::seconds{said != nullptr ? std::atoi(said) : 3};
}

/// One event in ten fails three times: it is a dead letter after two, and again good after a release.
Answer answer(const Received& request, std::size_t nth) {
  Answer answer;
  answer.delay = 1ms;
  if (nth <= 3 && std::hash<std::string>{}(id_of(request)) % 10 == 0) answer.status = 500;
  return answer;
}

/// The journal, what goes into it and how each command ended. Thread-safe.
class Crowd {
 public:
  Crowd() { receiver_.keep_only({"Idempotency-Key", "X-Dispatch-Entity-ID", "X-Dispatch-Sequence"}); }

  /// With two attempts some events become dead letters, with five none does.
  std::vector<std::string> run_arguments(const std::string& input, int attempts = 2) const {
    std::vector<std::string> arguments{
        "run",       "--to",      receiver_.url(), "--attempts", std::to_string(attempts),
        "--backoff", "5ms..20ms", "--quiet"};
    if (!input.empty()) arguments.push_back(input);
    return arguments;
  }

  /// Runs a command and notes its exit code under its first word.
  Finished operator()(std::vector<std::string> arguments, std::string_view input = {}) {
    const std::string name = arguments[0];
    auto finished = run_dispatch(directory_, std::move(arguments), input);
    note(name, finished.exit_code, finished.err);
    return finished;
  }

  void note(const std::string& name, int exit_code, const std::string& said) {
    const std::scoped_lock lock{mutex_};
    ++ends_[name][exit_code];
    if (exit_code != 0) last_words_[name] = said;
  }

  /// The next ten events of five entities; `lacking` a number of each ten. They count as handed in.
  std::string next_lines(const std::string& family, int round, bool lacking) {
    std::string lines;
    const std::scoped_lock lock{mutex_};
    for (int sequence = round * 10 + 1; sequence <= round * 10 + 10; ++sequence) {
      if (lacking && sequence % 10 == 5) continue;
      for (int i = 0; i < 5; ++i) {
        const auto entity = fmt::format("{}{}", family, i);
        lines += event_line(fmt::format("{}-{}", entity, sequence), entity, sequence);
        submitted_[entity].insert(sequence);
        ++handed_in_;
      }
    }
    return lines;
  }

  /// Waits while too much is waiting, so that the load is bounded by what is delivered; not for ever, because
  /// what waits may wait for an operator.
  void wait_for_room() {
    std::size_t handed_in = 0;
    {
      const std::scoped_lock lock{mutex_};
      handed_in = handed_in_;
    }
    if (handed_in > backlog_most) receiver_.wait_for(handed_in - backlog_most, 200ms);
  }

  const TempDir& directory() const { return directory_; }
  const Receiver& receiver() const { return receiver_; }
  // For when the others have ended.
  const Submitted& submitted() const { return submitted_; }
  const std::map<std::string, std::map<int, int>>& ends() const { return ends_; }
  const std::string& last_words(const std::string& name) { return last_words_[name]; }

 private:
  TempDir directory_;
  Receiver receiver_{answer};
  std::mutex mutex_;
  Submitted submitted_;
  std::size_t handed_in_ = 0;
  std::map<std::string, std::map<int, int>> ends_;
  std::map<std::string, std::string> last_words_;
};

void skip_gaps(Crowd& crowd) {
  for (const auto& line : lines_of(crowd({"gap", "list", "--json"}).out))
    crowd({"gap", "skip", "--entity", text_under("entity_id", line)});
}

/// What each of the eight does, again and again; `round` counts from 0.
using Part = std::function<void(Crowd&, int round)>;

Part ingests(const std::string& family, bool lacking) {
  return [=](Crowd& crowd, int round) {
    crowd.wait_for_room();
    crowd({"ingest", "--to", crowd.receiver().url(), "--quiet", "-"},
          crowd.next_lines(family, round, lacking));
  };
}

std::vector<Part> parts() {
  return {ingests("A", false),
          ingests("B", false),
          ingests("G", true),
          [](Crowd& crowd, int round) {  // a run that follows the one that is on
            crowd.wait_for_room();
            crowd(crowd.run_arguments("-"), crowd.next_lines("F", round, false));
          },
          [](Crowd& crowd, int) {
            crowd({"dlq", "release", "--all"});
          },
          [](Crowd& crowd, int) { skip_gaps(crowd); },
          [](Crowd& crowd, int) { crowd({"verify"}); },
          [](Crowd& crowd, int) {
            crowd({"status", "--json"});
            crowd({"events", "list", "--json", "--limit", "100"});
            crowd({"dlq", "list", "--json"});
            crowd({"attempts", "A0-1", "--json"});
          }};
}

void act(Crowd& crowd, std::chrono::seconds load) {
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (auto& part : parts())
    threads.emplace_back([&crowd, &over, part = std::move(part)] {
      for (int round = 0; !over; ++round) part(crowd, round);
    });
  std::this_thread::sleep_for(load);  // the load is the test
  over = true;
  for (auto& thread : threads) thread.join();
}

/// Releases and skips until nothing is left; false where something is.
bool settle(Crowd& crowd) {
  for (int round = 0; round < settling_rounds_most; ++round) {
    crowd({"dlq", "release", "--all"});
    skip_gaps(crowd);
    if (crowd(crowd.run_arguments("", 5)).exit_code == 0) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("eight processes ingest and release and skip and verify and read while a run is on") {
  Crowd crowd;
  Child owner{crowd.directory(), crowd.run_arguments("-")};
  REQUIRE(owner.write(crowd.next_lines("A", 0, false)));  // what the first ingest brings again: duplicates
  REQUIRE(crowd.receiver().wait_for(1));
  act(crowd, time_of_load());
  owner.close_input();
  crowd.note("run", owner.exit_code(), owner.err().all());
  CHECK(settle(crowd));

  const std::map<std::string, std::set<int>> sane{{"run", {0, 3}}, {"gap", {0, 2}}};
  for (const auto& [name, codes] : crowd.ends()) {
    for (const auto& [code, times] : codes) {
      CAPTURE(name);
      CAPTURE(times);
      CAPTURE(crowd.last_words(name));
      CHECK((sane.contains(name) ? sane.at(name).contains(code) : code == 0));
    }
  }
  CHECK(crowd.ends().size() == 8);
  CHECK(run_dispatch(crowd.directory(), {"verify"}).exit_code == 0);
  const auto kept = account(crowd.receiver().received(), crowd.submitted());
  CAPTURE(kept);
  CHECK(kept.kept());
  MESSAGE(kept);
}
