#include "flow/limits/scheduler.hpp"

#include "flow/limits/destination_limiter.hpp"
#include "flow/pump/window.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::flow;

namespace {

/// Lanes and items as the pump would have them.
struct Setting {
  explicit Setting(std::size_t per_host, std::size_t in_all = 1000)
      : scheduler({.requests = {.per_host = per_host, .in_all = in_all}}) {}

  QueueState& host() {
    auto& queue = queues.emplace_back();
    queue.host = &hosts.emplace_back();
    queue.host->gate = &scheduler.gates().take(true);
    queue.policy = std::make_shared<const DeliveryPolicy>(RunOptions{});
    return queue;
  }
  Lane& lane(QueueState& queue, std::int64_t destination = 1) {
    auto& lane = lanes.emplace_back();
    lane.queue = &queue;
    lane.host = queue.host;
    lane.serial = &scheduler.add_lane();
    lane.share = &queue.host->gate->open_lane(DestinationNo{destination}, SteadyTime{});
    return lane;
  }
  Item& enter(Lane& lane) {
    auto& item = items.emplace_back();
    item.lane = &lane;
    scheduler.enter(item);
    return item;
  }
  /// What may go now.
  std::vector<Item*> go() { return scheduler.decide({}).go; }
  void done(Item& item) {
    scheduler.free_permits(item);
    scheduler.free_lane(*item.lane);
  }

  Scheduler scheduler;
  std::deque<HostState> hosts;
  std::deque<QueueState> queues;
  std::deque<Lane> lanes;
  std::deque<Item> items;
};

using Items = std::vector<Item*>;

}  // namespace

TEST_CASE("a lane lets one through until it is freed and keeps the order") {
  Setting s{50};
  auto& lane = s.lane(s.host());
  Item& a = s.enter(lane);
  Item& b = s.enter(lane);
  Item& c = s.enter(lane);
  CHECK(s.go() == Items{&a});
  CHECK(s.go().empty());
  s.done(a);
  CHECK(s.go() == Items{&b});
  s.done(b);
  CHECK(s.go() == Items{&c});
}

TEST_CASE("a gate holds its host to its limit and no other") {
  Setting s{2};
  auto& busy = s.host();
  auto& free = s.host();
  Items to_busy;
  for (int i = 0; i < 5; ++i) to_busy.push_back(&s.enter(s.lane(busy)));
  Item& other = s.enter(s.lane(free));
  auto out = s.go();
  CHECK(out.size() == 3);
  CHECK(std::count(out.begin(), out.end(), &other) == 1);
  s.done(*to_busy[0]);
  CHECK(s.go() == Items{to_busy[2]});
}

TEST_CASE("a permit given back without the lane lets another lane of the host go") {
  Setting s{1};
  auto& host = s.host();
  Item& a = s.enter(s.lane(host));
  Item& b = s.enter(s.lane(host));
  REQUIRE(s.go() == Items{&a});
  s.scheduler.free_permits(a);
  CHECK(s.go() == Items{&b});
}

TEST_CASE("the workers limit holds over all hosts") {
  Setting s{2, 3};
  Items all;
  for (int i = 0; i < 4; ++i) all.push_back(&s.enter(s.lane(s.host())));
  auto out = s.go();
  CHECK(out.size() == 3);
  s.done(*out[0]);
  CHECK(s.go().size() == 1);
}

TEST_CASE("what waits in a lane can be taken back and the lane used again") {
  Setting s{50};
  auto& host = s.host();
  auto& lane = s.lane(host);
  Item& a = s.enter(lane);
  Item& b = s.enter(lane);
  Item& c = s.enter(lane);
  REQUIRE(s.go() == Items{&a});
  CHECK(s.scheduler.take_back(lane) == Items{&b, &c});
  s.done(a);
  CHECK(s.go().empty());
  Item& d = s.enter(lane);
  Item& e = s.enter(lane);
  CHECK(s.go() == Items{&d});
  s.done(d);
  CHECK(s.go() == Items{&e});
}

TEST_CASE("ten thousand items over a hundred lanes and four hosts all come out once and in order") {
  Setting s{5, 17};
  for (int i = 0; i < 4; ++i) s.host();
  for (std::size_t i = 0; i < 100; ++i) s.lane(s.queues[i % 4]);
  for (std::size_t i = 0; i < 10'000; ++i) {
    Item& item = s.enter(s.lanes[i % 100]);
    item.ticket = i;
  }
  std::map<const Lane*, std::uint64_t> last;
  std::size_t seen = 0;
  for (auto out = s.go(); !out.empty(); out = s.go()) {
    CHECK(out.size() <= 17);
    for (Item* item : out) {
      if (last.contains(item->lane)) REQUIRE(item->ticket == last[item->lane] + 100);
      last[item->lane] = item->ticket;
      ++seen;
      s.done(*item);
    }
  }
  CHECK(seen == 10'000);
}

TEST_CASE("a gate that is given back serves another host once its permits are free") {
  Setting s{2};
  QueueState& first = s.host();
  Item& a = s.enter(s.lane(first));
  Item& b = s.enter(s.lane(first));
  CHECK(s.go() == Items{&a, &b});
  s.done(a);
  s.done(b);
  s.scheduler.gates().give_back(*first.host->gate);
  QueueState& second = s.host();
  QueueState& third = s.host();
  CHECK(second.host->gate == first.host->gate);
  CHECK(third.host->gate != first.host->gate);
  CHECK(s.scheduler.gates().size() == 2);
  Item& c = s.enter(s.lane(second));
  Item& d = s.enter(s.lane(second));
  s.enter(s.lane(second));
  CHECK(s.go() == Items{&c, &d});
}

TEST_CASE("a permit that is given back goes to what has come by then and has the best claim") {
  Setting s{2};
  QueueState& host = s.host();
  Item& slow1 = s.enter(s.lane(host, 1));
  Lane& quick_lane = s.lane(host, 2);
  Item& quick1 = s.enter(quick_lane);
  Item& quick2 = s.enter(quick_lane);
  Item& slow2 = s.enter(s.lane(host, 1));
  CHECK(s.go() == Items{&slow1, &quick1});
  s.done(quick1);  // its permit before its lane
  CHECK(s.go() == Items{&quick2});
  s.done(quick2);
  CHECK(s.go() == Items{&slow2});
}

TEST_CASE("what may be ahead from now on goes at once") {
  Setting s{1};
  QueueState& host = s.host();
  s.scheduler.set_limits({.requests = {.per_host = 1}, .ahead = 1});
  s.scheduler.allow_ahead(*host.host->gate, false);
  Item& a = s.enter(s.lane(host));
  Item& b = s.enter(s.lane(host));
  CHECK(s.go() == Items{&a});
  host.host->gate->answered(*a.lane->share, std::chrono::milliseconds{1}, SteadyTime{});
  CHECK(s.go().empty());
  s.scheduler.allow_ahead(*host.host->gate, true);
  CHECK(s.go() == Items{&b});
}

TEST_CASE("higher limits let what waits go with the next decisions at all hosts that there are and will be") {
  Setting s{1, 3};
  QueueState& first = s.host();
  QueueState& second = s.host();
  QueueState& gone = s.host();
  s.scheduler.gates().give_back(*std::exchange(gone.host->gate, nullptr));
  Items to_first, to_second;
  for (int i = 0; i < 3; ++i) to_first.push_back(&s.enter(s.lane(first)));
  for (int i = 0; i < 3; ++i) to_second.push_back(&s.enter(s.lane(second)));
  CHECK(s.go() == Items{to_first[0], to_second[0]});
  CHECK_FALSE(s.scheduler.staged());
  s.scheduler.set_limits({.requests = {.per_host = 2, .in_all = 3}});
  CHECK(s.scheduler.staged());
  CHECK(s.go() == Items{to_first[1]});  // the other holds a permit of its host, and waits for one in all
  s.scheduler.set_limits({.requests = {.per_host = 2, .in_all = 100}});
  CHECK(s.go() == Items{to_second[1]});
  CHECK_FALSE(s.scheduler.staged());
  for (QueueState* later : {&s.host(), &s.host()}) {  // one of them has the gate that was free
    Items to_later;
    for (int i = 0; i < 3; ++i) to_later.push_back(&s.enter(s.lane(*later)));
    CHECK(s.go() == Items{to_later[0], to_later[1]});
  }
  CHECK(s.scheduler.gates().size() == 4);
}

TEST_CASE("lower limits leave what has gone alone and let nothing go until enough permits are back") {
  Setting s{3, 6};
  QueueState& first = s.host();
  QueueState& second = s.host();
  Items to_first, to_second;
  for (int i = 0; i < 5; ++i) to_first.push_back(&s.enter(s.lane(first)));
  for (int i = 0; i < 5; ++i) to_second.push_back(&s.enter(s.lane(second)));
  CHECK(s.go().size() == 6);
  s.scheduler.set_limits({.requests = {.per_host = 2, .in_all = 3}});
  CHECK(s.go().empty());
  s.done(*to_first[0]);
  CHECK(s.go().empty());  // two are left at the first, five in all
  s.done(*to_first[1]);
  CHECK(s.go().empty());  // one at the first, four in all: another holds its host's permit and waits
  s.done(*to_second[0]);
  CHECK(s.go().empty());
  s.done(*to_second[1]);
  CHECK(s.go() == Items{to_first[3]});
  s.scheduler.set_limits({.requests = {.per_host = 3, .in_all = 4}});
  CHECK(s.go() == Items{to_second[3]});
}

TEST_CASE("what is turned away comes with the reason and waits nowhere") {
  using TurnedAway = std::vector<Decisions::TurnedAway>;
  Setting s{50};
  QueueState& host = s.host();
  DestinationLimiter limiter;
  limiter.waiting_most = 1;
  const auto enter_limited = [&](std::int64_t position) -> Item& {
    Lane& lane = s.lane(host);
    lane.limiter = &limiter;
    Item& item = s.enter(lane);
    item.row.key.position = Position{position};
    return item;
  };
  Item& waits = enter_limited(1);
  Item& no_room = enter_limited(2);
  Lane& leaving = s.lane(host);
  leaving.leaves = true;
  Item& leaves = s.enter(leaving);
  const auto decisions = s.scheduler.decide({});
  CHECK(decisions.go.empty());
  CHECK(decisions.turned_away ==
        TurnedAway{{&no_room, TurnedAwayFor::room}, {&leaves, TurnedAwayFor::leaving}});
  CHECK(std::exchange(limiter.waiting, {}) == std::deque{&waits});

  limiter.behind = Position{2};
  Item& before = enter_limited(2);
  Item& behind = enter_limited(3);
  limiter.waiting_most = 2;
  CHECK(s.scheduler.decide({}).turned_away == TurnedAway{{&behind, TurnedAwayFor::others}});
  CHECK(std::exchange(limiter.waiting, {}) == std::deque{&before});

  host.policy = [&] {
    DeliveryPolicy paused{RunOptions{}};
    paused.paused = true;
    return std::make_shared<const DeliveryPolicy>(std::move(paused));
  }();
  Item& of_paused = enter_limited(1);
  CHECK(s.scheduler.decide({}).turned_away == TurnedAway{{&of_paused, TurnedAwayFor::leaving}});
}
