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
  explicit Setting(std::size_t in_all = 1000) : scheduler(in_all) {}

  QueueState& host(std::size_t width) {
    auto& queue = queues.emplace_back();
    queue.host = &hosts.emplace_back();
    queue.host->gate = &scheduler.gates().take(width, 0);
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
  Setting s;
  auto& lane = s.lane(s.host(50));
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

TEST_CASE("a gate holds its host to its width and no other") {
  Setting s;
  auto& narrow = s.host(2);
  auto& wide = s.host(50);
  Items to_narrow;
  for (int i = 0; i < 5; ++i) to_narrow.push_back(&s.enter(s.lane(narrow)));
  Item& other = s.enter(s.lane(wide));
  auto out = s.go();
  CHECK(out.size() == 3);
  CHECK(std::count(out.begin(), out.end(), &other) == 1);
  s.done(*to_narrow[0]);
  CHECK(s.go() == Items{to_narrow[2]});
}

TEST_CASE("a permit given back without the lane lets another lane of the host go") {
  Setting s;
  auto& host = s.host(1);
  Item& a = s.enter(s.lane(host));
  Item& b = s.enter(s.lane(host));
  REQUIRE(s.go() == Items{&a});
  s.scheduler.free_permits(a);
  CHECK(s.go() == Items{&b});
}

TEST_CASE("the workers limit holds over all hosts") {
  Setting s{3};
  Items all;
  for (int i = 0; i < 4; ++i) all.push_back(&s.enter(s.lane(s.host(2))));
  auto out = s.go();
  CHECK(out.size() == 3);
  s.done(*out[0]);
  CHECK(s.go().size() == 1);
}

TEST_CASE("what waits in a lane can be taken back and the lane used again") {
  Setting s;
  auto& host = s.host(50);
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
  Setting s{17};
  for (int i = 0; i < 4; ++i) s.host(5);
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
  Setting s;
  QueueState& first = s.host(2);
  Item& a = s.enter(s.lane(first));
  Item& b = s.enter(s.lane(first));
  CHECK(s.go() == Items{&a, &b});
  s.done(a);
  s.done(b);
  s.scheduler.gates().give_back(*first.host->gate);
  QueueState& second = s.host(2);
  QueueState& third = s.host(2);
  CHECK(second.host->gate == first.host->gate);
  CHECK(third.host->gate != first.host->gate);
  CHECK(s.scheduler.gates().size() == 2);
  Item& c = s.enter(s.lane(second));
  Item& d = s.enter(s.lane(second));
  s.enter(s.lane(second));
  CHECK(s.go() == Items{&c, &d});
}

TEST_CASE("a permit that is given back goes to what has come by then and has the best claim") {
  Setting s;
  QueueState& host = s.host(2);
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
  Setting s;
  QueueState& host = s.host(1);
  Item& a = s.enter(s.lane(host));
  Item& b = s.enter(s.lane(host));
  CHECK(s.go() == Items{&a});
  host.host->gate->answered(*a.lane->share, std::chrono::milliseconds{1}, SteadyTime{});
  s.scheduler.set_ahead(*host.host->gate, 1);
  CHECK(s.go() == Items{&b});
}

TEST_CASE("what is turned away comes with the reason and waits nowhere") {
  using TurnedAway = std::vector<Decisions::TurnedAway>;
  Setting s;
  QueueState& host = s.host(50);
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
