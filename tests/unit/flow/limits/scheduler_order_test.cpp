#include "flow/limits/destination_limiter.hpp"
#include "flow/limits/lane.hpp"
#include "flow/limits/scheduler.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::flow;

namespace {

/// What Scheduler has to decide: the staged steps one after the other, each with all that follows from it.
class PlainScheduler {
 public:
  explicit PlainScheduler(const CommitLimits& limits) : gates_(limits) {}

  HostGates& gates() { return gates_; }

  void enter(Item& item) {
    steps_.emplace_back([this, &item] {
      lanes_[item.lane].waiting.push_back(&item);
      move_on(*item.lane);
    });
  }
  void free_lane(Lane& lane) {
    steps_.emplace_back([this, &lane] {
      lanes_[&lane].held = false;
      move_on(lane);
    });
  }
  void release(DestinationLimiter& limiter, PermitKind permit) {
    steps_.emplace_back([this, &limiter, permit] {
      if (limiter.waiting.empty()) return;
      Item& item = *limiter.waiting.front();
      limiter.waiting.pop_front();
      item.permit = permit;
      to_gate(item);
    });
  }
  void hold(Item& item) {
    steps_.emplace_back([this, &item] { to_limiter(item); });
  }
  void free_permits(const Item& item) {
    HostGate& gate = *item.lane->host->gate;
    HostGate::Share& share = *item.lane->share;
    frees_.emplace_back([this, &gate, &share] {
      gate.free(share);
      --committed_;
      to_go();
      let_through(gate);
    });
  }
  void allow_ahead(HostGate& gate, bool allowed) {
    gate.allow_ahead(allowed);
    frees_.emplace_back([this, &gate] { let_through(gate); });
  }
  void set_limits(const CommitLimits& limits) {
    gates_.set_limits(limits);
    gates_.each([this](HostGate& gate) { frees_.emplace_back([this, &gate] { let_through(gate); }); });
  }

  Decisions decide(WallTime) {
    for (const auto& step : std::exchange(steps_, {})) step();
    for (const auto& free : std::exchange(frees_, {})) free();
    to_go();
    return std::exchange(decisions_, {});
  }
  std::vector<Item*> take_back(Lane& lane) {
    auto& waiting = lanes_[&lane].waiting;
    std::vector<Item*> items{waiting.begin(), waiting.end()};
    waiting.clear();
    return items;
  }

 private:
  struct PlainLane {
    std::deque<Item*> waiting;
    bool held = false;
  };

  void move_on(Lane& lane) {
    auto& [waiting, held] = lanes_[&lane];
    if (held || waiting.empty()) return;
    held = true;
    Item& item = *waiting.front();
    waiting.pop_front();
    if (lane.leaves)
      decisions_.turned_away.push_back({&item, TurnedAwayFor::leaving});
    else if (lane.limiter != nullptr)
      to_limiter(item);
    else
      to_gate(item);
  }
  void to_limiter(Item& item) {
    DestinationLimiter& limiter = *item.lane->limiter;
    item.permit = PermitKind::none;
    if (limiter.full())
      decisions_.turned_away.push_back({&item, TurnedAwayFor::room});
    else if (limiter.gives_way(item.row))
      decisions_.turned_away.push_back({&item, TurnedAwayFor::others});
    else
      limiter.waiting.push_back(&item);
  }
  void to_gate(Item& item) {
    item.lane->host->gate->enter(item);
    let_through(*item.lane->host->gate);
  }
  void let_through(HostGate& gate) {
    while (Item* item = gate.next()) {
      before_in_all_.push_back(item);
      to_go();
    }
  }
  void to_go() {
    for (; committed_ < gates_.limits().committed_most_in_all() && !before_in_all_.empty(); ++committed_) {
      decisions_.go.push_back(before_in_all_.front());
      before_in_all_.pop_front();
    }
  }

  std::size_t committed_ = 0;
  HostGates gates_;
  std::map<const Lane*, PlainLane> lanes_;
  std::deque<Item*> before_in_all_;
  std::vector<std::function<void()>> steps_, frees_;
  Decisions decisions_;
};

void open(Scheduler& scheduler, Lane& lane) {
  lane.serial = &scheduler.add_lane();
}
void open(PlainScheduler&, Lane&) {}

constexpr std::size_t hosts = 3, lanes_at_host = 8, destinations_at_host = 4;

/// Hosts, lanes and limiters, and what is done to them. Items are named by their numbers.
template <class S>
struct World {
  World(const CommitLimits& limits, const std::shared_ptr<const DeliveryPolicy>& policy) : scheduler(limits) {
    for (std::size_t i = 0; i < hosts; ++i) {
      states[i].gate = &scheduler.gates().take(true);
      queues[i].policy = policy;
      limiters[i].destination = DestinationNo{1};
    }
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      Lane& lane = lanes[i];
      const std::size_t host = i % hosts, destination = i / hosts % destinations_at_host + 1;
      lane.queue = &queues[host];
      lane.host = &states[host];
      lane.share = &lane.host->gate->open_lane(DestinationNo{static_cast<std::int64_t>(destination)}, {});
      if (destination == 1) lane.limiter = &limiters[host];
      open(scheduler, lane);
    }
  }

  void enter(std::size_t lane) {
    Item& item = items.emplace_back();
    item.lane = &lanes[lane];
    item.ticket = items.size() - 1;
    item.row.key.position = Position{static_cast<std::int64_t>(items.size())};
    scheduler.enter(item);
  }
  void free_permits(std::size_t item) { scheduler.free_permits(items[item]); }
  void complete(std::size_t item) { scheduler.free_lane(*items[item].lane); }
  void evict(std::size_t item) {
    scheduler.take_back(*items[item].lane);
    complete(item);
  }
  void hold(std::size_t item) { scheduler.hold(items[item]); }
  void answer(std::size_t item, std::chrono::milliseconds took) {
    items[item].lane->host->gate->answered(*items[item].lane->share, took, {});
  }
  std::vector<std::size_t> send_off(std::size_t host) {
    std::vector<std::size_t> left;
    for (Item* item : states[host].gate->take_leaving()) {
      left.push_back(item->ticket);
      evict(item->ticket);
    }
    return left;
  }
  bool has_limiter(std::size_t item) const { return items[item].lane->limiter != nullptr; }

  /// What is decided, in words that worlds can compare.
  struct Decided {
    std::vector<std::pair<std::size_t, PermitKind>> go;
    std::vector<std::pair<std::size_t, TurnedAwayFor>> turned_away;
    std::vector<std::size_t> at_limiters;
  };
  Decided decide() {
    Decided decided;
    const Decisions decisions = scheduler.decide({});
    for (const Item* item : decisions.go) decided.go.emplace_back(item->ticket, item->permit);
    for (const auto& [item, why] : decisions.turned_away) decided.turned_away.emplace_back(item->ticket, why);
    for (const auto& limiter : limiters)
      for (const Item* item : limiter.waiting) decided.at_limiters.push_back(item->ticket);
    return decided;
  }

  S scheduler;
  std::array<HostState, hosts> states;
  std::array<QueueState, hosts> queues;
  std::array<DestinationLimiter, hosts> limiters;
  std::array<Lane, hosts * lanes_at_host> lanes;
  std::deque<Item> items;
};

/// Random steps, the same in two worlds. Between two decisions happens what the dispatcher may do: what has
/// come out ends, is held, or leaves with its lane, and more enters.
class RandomSteps {
 public:
  RandomSteps(std::uint64_t seed, const std::shared_ptr<const DeliveryPolicy>& policy)
      : random_(seed), limits_(any_limits()), scheduler_(limits_, policy), plain_(limits_, policy) {}

  /// How many went and were turned away.
  std::pair<std::size_t, std::size_t> counts() const { return {went_, turned_away_}; }

  void round() {
    settle();
    change_something();
    for (std::size_t more = any(24); more > 0; --more) {
      if (one_in(4)) {
        const std::size_t host = any(hosts);
        const PermitKind permit = one_in(2) ? PermitKind::usual : PermitKind::probe;
        both([&](auto& world) { world.scheduler.release(world.limiters[host], permit); });
      } else if (one_in(4) && !out_.empty()) {
        complete(take(out_));
      } else {
        const std::size_t lane = any(hosts * lanes_at_host);
        both([&](auto& world) { world.enter(lane); });
      }
    }
    decide();
    if (one_in(4)) decide();
  }

 private:
  std::size_t any(std::size_t below) { return random_() % below; }
  CommitLimits any_limits() {
    return {.requests = {.per_host = 1 + any(4), .in_all = 1 + any(12)}, .ahead = any(3)};
  }
  bool one_in(std::size_t count) { return any(count) == 0; }
  std::size_t take(std::vector<std::size_t>& from) {
    const auto place = from.begin() + static_cast<std::ptrdiff_t>(any(from.size()));
    const std::size_t taken = *place;
    from.erase(place);
    return taken;
  }
  template <class What>
  void both(What what) {
    what(scheduler_);
    what(plain_);
  }

  void complete(std::size_t item) {
    const std::chrono::milliseconds took{one_in(3) ? 500 : 1};
    both([&](auto& world) {
      world.answer(item, took);
      world.free_permits(item);
      world.complete(item);
    });
  }

  void settle() {
    while (!refused_.empty()) {
      const std::size_t item = take(refused_);
      both([&](auto& world) { world.evict(item); });
    }
    for (std::size_t more = out_.empty() ? 0 : any(out_.size() + 1); more > 0; --more) {
      const std::size_t item = take(out_);
      if (one_in(2)) {
        complete(item);
      } else if (one_in(2) && scheduler_.has_limiter(item)) {
        both([&](auto& world) {
          world.free_permits(item);
          world.hold(item);
        });
      } else {
        both([&](auto& world) {
          world.free_permits(item);
          world.evict(item);
        });
      }
    }
  }

  void change_something() {
    const std::size_t host = any(hosts), lane = any(hosts * lanes_at_host), number = any(5);
    const std::int64_t behind = static_cast<std::int64_t>(scheduler_.items.size()) - 4;
    const CommitLimits limits = any_limits();
    if (one_in(4)) both([&](auto& world) { world.scheduler.set_limits(limits); });
    if (one_in(3))
      both([&](auto& world) { world.scheduler.allow_ahead(*world.states[host].gate, number != 0); });
    if (one_in(3)) both([&](auto& world) { world.limiters[host].waiting_most = number; });
    if (one_in(3))
      both([&](auto& world) {
        auto& limiter = world.limiters[host];
        limiter.behind = number < 2 ? std::optional{Position{behind}} : std::nullopt;
      });
    if (one_in(3)) both([&](auto& world) { world.lanes[lane].leaves = !world.lanes[lane].leaves; });
    if (one_in(6)) CHECK(scheduler_.send_off(host) == plain_.send_off(host));
  }

  void decide() {
    const auto decided = scheduler_.decide();
    const auto planned = plain_.decide();
    REQUIRE(decided.go == planned.go);
    REQUIRE(decided.turned_away == planned.turned_away);
    REQUIRE(decided.at_limiters == planned.at_limiters);
    for (const auto& [item, permit] : decided.go) out_.push_back(item);
    for (const auto& [item, why] : decided.turned_away) refused_.push_back(item);
    went_ += decided.go.size();
    turned_away_ += decided.turned_away.size();
  }

  std::mt19937_64 random_;
  const CommitLimits limits_;
  World<Scheduler> scheduler_;
  World<PlainScheduler> plain_;
  std::vector<std::size_t> out_;      ///< what holds its permits
  std::vector<std::size_t> refused_;  ///< what was turned away
  std::size_t went_ = 0, turned_away_ = 0;
};

}  // namespace

TEST_CASE("all steps together are decided on as if each were played to its end before the next") {
  const auto policy = std::make_shared<const DeliveryPolicy>(RunOptions{});
  std::size_t went = 0, turned_away = 0;
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    CAPTURE(seed);
    RandomSteps steps{seed, policy};
    for (int round = 0; round < 12; ++round) steps.round();
    went += steps.counts().first;
    turned_away += steps.counts().second;
  }
  CHECK(went > 100'000);
  CHECK(turned_away > 10'000);
}
