#include "flow/limits/host_gate.hpp"

#include "flow/pump/window.hpp"

#include <deque>
#include <map>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::flow;
using namespace std::chrono_literals;

namespace {

constexpr DestinationNo slow{1}, fast{2}, third{3};
constexpr SteadyTime start{};

struct Setting {
  explicit Setting(std::size_t permits, std::size_t ahead = 0)
      : limits{.requests = {.per_host = permits}, .ahead = ahead} {}

  /// So many lanes with one item each want a permit.
  void enter(DestinationNo destination, int count) {
    for (int i = 0; i < count; ++i) {
      auto& lane = lanes.emplace_back();
      lane.share = &gate.open_lane(destination, start);
      auto& item = items.emplace_back();
      item.lane = &lane;
      gate.enter(item);
    }
  }
  /// What may go goes. Returns whose they are, in order.
  std::vector<DestinationNo> go() {
    std::vector<DestinationNo> gone;
    while (Item* item = gate.next()) {
      gone.push_back(item->lane->share->destination);
      under_way[gone.back()].push_back(item);
    }
    return gone;
  }
  void end(DestinationNo destination, std::chrono::microseconds took) {
    Item* item = under_way[destination].front();
    under_way[destination].pop_front();
    gate.answered(*item->lane->share, took, start);
    gate.free(*item->lane->share);
    gate.close_lane(*std::exchange(item->lane->share, nullptr));
  }
  std::size_t held(DestinationNo destination) { return under_way[destination].size(); }

  CommitLimits limits;
  HostGate gate{limits};
  std::deque<Lane> lanes;
  std::deque<Item> items;
  std::map<DestinationNo, std::deque<Item*>> under_way;
};

using Order = std::vector<DestinationNo>;

}  // namespace

TEST_CASE("one destination alone holds all permits of its host") {
  Setting s{50};
  s.enter(slow, 60);
  CHECK(s.go().size() == 50);
  CHECK(s.go().empty());
}

TEST_CASE("permits go to the destination that holds the fewest until each has its share") {
  Setting s{4};
  s.enter(slow, 100);
  s.go();
  s.enter(fast, 100);
  for (int i = 0; i < 2; ++i) {
    s.end(slow, 2s);
    CHECK(s.go() == Order{fast});
  }
  for (int i = 0; i < 10; ++i) {
    s.end(fast, 1ms);
    CHECK(s.go() == Order{fast});
  }
  s.end(slow, 2s);
  CHECK(s.go() == Order{slow});
  CHECK(s.held(slow) == 2);
}

TEST_CASE("among destinations that hold as many the one that waited longest goes first") {
  Setting s{1};
  s.enter(slow, 2);
  s.enter(fast, 2);
  s.enter(third, 2);
  Order order;
  for (int i = 0; i < 6; ++i) {
    const auto gone = s.go();
    REQUIRE(gone.size() == 1);
    order.push_back(gone[0]);
    s.end(gone[0], 1ms);
  }
  CHECK(order == Order{slow, fast, third, slow, fast, third});
}

TEST_CASE("a destination that wants nothing leaves its share to the others") {
  Setting s{4};
  s.enter(slow, 100);
  s.enter(fast, 1);
  CHECK(s.go().size() == 4);
  s.end(fast, 1ms);
  CHECK(s.go() == Order{slow});
  CHECK(s.held(slow) == 4);
}

TEST_CASE("requests are ahead only while every destination that wants something answers quickly") {
  Setting s{2, 3};
  s.enter(fast, 100);
  CHECK(s.go().size() == 2);  // nothing is known of it
  s.end(fast, 1ms);
  CHECK(s.go().size() == 4);
  CHECK(s.held(fast) == 5);

  s.enter(slow, 100);
  for (int i = 0; i < 3; ++i) {
    s.end(fast, 1ms);
    CHECK(s.go().empty());
  }
  s.end(fast, 1ms);
  CHECK(s.go() == Order{slow});
  s.end(slow, 2s);
  CHECK(s.go() == Order{slow});
  CHECK(s.held(slow) + s.held(fast) == 2);
}

TEST_CASE("a slow answer among quick ones is forgotten after some") {
  Setting s{1, 1};
  s.enter(fast, 100);
  s.go();
  s.end(fast, 200ms);
  int more = 0;
  for (; s.go().size() < 2 && more < 20; ++more) s.end(fast, 1ms);
  CHECK(more == 3);  // a quarter of what is known is new with each answer
}

TEST_CASE("a gate keeps nothing of destinations that nothing leads to any more") {
  Setting s{1};
  for (int i = 1; i <= 1000; ++i) {
    s.enter(DestinationNo{i}, 1);
    s.go();
    s.end(DestinationNo{i}, 1ms);
  }
  CHECK(s.gate.destinations() == 0);
  CHECK_FALSE(s.gate.has_slow(start + 1h));
}

TEST_CASE("a destination is slow by its answers or when none has come for long") {
  Setting s{2};
  s.enter(fast, 2);
  s.go();
  CHECK_FALSE(s.gate.has_slow(start + 100ms));
  CHECK(s.gate.has_slow(start + 101ms));
  s.end(fast, 150ms);
  CHECK(s.gate.has_slow(start));
}

TEST_CASE("where a host may have more what waits goes") {
  Setting s{1};
  s.enter(slow, 2);
  s.enter(fast, 2);
  CHECK(s.go() == Order{slow});
  s.limits.requests.per_host = 3;
  CHECK(s.go() == Order{fast, slow});
  s.limits.ahead = 1;
  CHECK(s.go().empty());  // nothing is known of them
  s.end(slow, 1ms);
  s.end(fast, 1ms);
  s.limits.requests.per_host = 1;
  CHECK(s.go() == Order{fast});
  CHECK(s.go().empty());
}

TEST_CASE("where a host may have fewer nothing more goes until enough permits are back") {
  Setting s{3, 1};
  s.enter(fast, 10);
  s.go();
  s.end(fast, 1ms);
  CHECK(s.go().size() == 2);
  CHECK(s.held(fast) == 4);
  s.limits = {.requests = {.per_host = 1}, .ahead = 1};
  for (int i = 0; i < 2; ++i) {
    s.end(fast, 1ms);
    CHECK(s.go().empty());
  }
  CHECK(s.held(fast) == 2);
  s.end(fast, 1ms);
  CHECK(s.go() == Order{fast});
  s.gate.allow_ahead(false);
  s.end(fast, 1ms);
  CHECK(s.go().empty());
  s.end(fast, 1ms);
  CHECK(s.go() == Order{fast});
}
