#include "unit/flow/model/explorer.hpp"

#include "unit/flow/model/world.hpp"

#include <random>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace dispatch::test {
namespace {

/// What is rejected is only counted.
constexpr const char* rejects = "/dev/null";

/// A point on the way from which several steps lead on.
struct Fork {
  std::vector<Step> choices;
  std::size_t taken = 0;
};

class Explorer {
 public:
  Explorer(const Setting& setting, const Bounds& bounds) : setting_(setting), bounds_(bounds) {}

  Exploration run() {
    do {
      if (found_.histories == bounds_.histories) return found_;
      play_one();
      ++found_.histories;
      if (found_.failure) return found_;
    } while (go_elsewhere());
    found_.complete = true;
    return found_;
  }

 private:
  /// Along the forks to where they end, and on from there by the first choice each time.
  void play_one() {
    World world{setting_, rejects};
    History history;
    const auto broken = [&](const World::Complaint& complaint) {
      if (complaint) found_.failure = {history, *complaint};
      return complaint.has_value();
    };
    for (const Fork& fork : way_) {
      history.push_back(fork.choices[fork.taken]);
      if (broken(world.play(history.back()))) return;
    }
    found_.steps += history.size();
    while (is_new(world)) {
      auto choices = world.choices(bounds_);
      if (choices.empty()) break;
      way_.push_back({std::move(choices)});
      history.push_back(way_.back().choices.front());
      ++found_.steps;
      if (broken(world.play(history.back()))) return;
    }
    broken(world.finish());
  }

  bool is_new(const World& world) {
    const auto print = world.fingerprint(bounds_);
    if (!print) return true;
    const bool fresh = seen_.insert(std::hash<std::string>{}(*print)).second;
    found_.states = seen_.size();
    return fresh;
  }

  bool go_elsewhere() {
    while (!way_.empty() && ++way_.back().taken == way_.back().choices.size()) way_.pop_back();
    return !way_.empty();
  }

  const Setting& setting_;
  const Bounds& bounds_;
  std::vector<Fork> way_;
  std::unordered_set<std::size_t> seen_;
  Exploration found_;
};

/// Leaves out what is not needed for the failure, one step after the other, until each is.
History shortened(const Setting& setting, History history) {
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::size_t i = history.size(); i-- > 0;) {
      History less = history;
      less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
      if (!play(setting, less)) continue;
      history = std::move(less);
      shorter = true;
    }
  }
  return history;
}

Exploration with_short_failure(const Setting& setting, Exploration found) {
  if (found.failure) {
    found.failure->history = shortened(setting, std::move(found.failure->history));
    found.failure->what = play(setting, found.failure->history).value_or(found.failure->what);
  }
  return found;
}

/// Plays one history of steps chosen by chance, and gives what was broken.
World::Complaint wander_once(const Setting& setting, const Bounds& bounds, std::mt19937_64& chance,
                             History& history) {
  World world{setting, rejects};
  while (true) {
    const auto choices = world.choices(bounds);
    if (choices.empty()) return world.finish();
    // What comes between two turns is one step more often than two.
    const bool turn = choices.front().act == Act::turn && chance() % 2 == 0;
    history.push_back(turn ? choices.front() : choices[chance() % choices.size()]);
    if (auto complaint = world.play(history.back())) return complaint;
  }
}

}  // namespace

Exploration explore(const Setting& setting, const Bounds& bounds) {
  return with_short_failure(setting, Explorer{setting, bounds}.run());
}

Exploration wander(const Setting& setting, const Bounds& bounds, std::uint64_t seed, std::size_t histories) {
  std::mt19937_64 chance{seed};
  Exploration found;
  while (found.histories < histories && !found.failure) {
    History history;
    const auto broken = wander_once(setting, bounds, chance, history);
    ++found.histories;
    found.steps += history.size();
    if (broken) found.failure = {std::move(history), *broken};
  }
  return with_short_failure(setting, std::move(found));
}

std::optional<std::string> play(const Setting& setting, const History& history) {
  World world{setting, rejects};
  for (const Step& step : history)
    if (world.possible(step))
      if (auto complaint = world.play(step)) return complaint;
  return world.finish();
}

std::string to_test(const Setting& setting, const Exploration::Failure& failure) {
  std::string events;
  for (const Line& event : setting.events)
    events += fmt::format("\n      {{\"{}\", \"{}\", {}, \"{}\"}},", event.id, event.entity,
                          event.sequence ? std::to_string(*event.sequence) : "{}", event.url);
  const auto& rules = setting.rules;
  std::string more;
  if (!rules.subscribed.empty()) more += fmt::format(", .subscribed = \"{}\"", rules.subscribed);
  if (rules.subscribed_later) more += ", .subscribed_later = true";
  if (rules.breaker)
    more += fmt::format(", .breaker = policy::BreakerPolicy{{{}, std::chrono::microseconds{{{}}}, {}, {}}}",
                        rules.breaker->failures, rules.breaker->open_for.count(), rules.breaker->probes,
                        rules.breaker->successes);
  if (const auto& window = rules.window)
    more += fmt::format(", .window = flow::WindowLimits{{{}, {}, {}, {}, {}, {}, {}, {}}}",
                        window->lanes_per_queue, window->lanes, window->items_per_lane, window->rows_per_turn,
                        window->wakeups_per_turn, window->waiting_least, window->waiting_most,
                        window->queues_kept);
  return fmt::format(
      "{}\n\n  const Setting setting{{.events = {{{}}},\n"
      "                        .rules = {{.per_host = {}, .workers = {}, .ahead = {}, .attempts = {}, "
      ".backoff = {}us{}}}}};\n  CHECK_FALSE(play(setting, {{\n{}  }}));\n",
      failure.what, events, rules.per_host, rules.workers, rules.ahead, rules.attempts, rules.backoff.count(),
      more, to_text(failure.history));
}

}  // namespace dispatch::test
