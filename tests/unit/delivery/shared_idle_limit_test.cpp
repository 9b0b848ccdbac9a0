#include "delivery/http/shared_idle_limit.hpp"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

using dispatch::delivery::SharedIdleLimit;

TEST_CASE("each transport may keep what the others leave of the limit on idle connections") {
  SharedIdleLimit limit{10, 3};
  const auto first = limit.join(), second = limit.join(), third = limit.join();
  CHECK(limit.note(first, 0) == 10);
  CHECK(limit.note(first, 6) == 10);
  CHECK(limit.note(second, 5) == 4);
  CHECK(limit.note(second, 4) == 4);
  CHECK(limit.note(third, 3) == 0);
  CHECK(limit.note(third, 0) == 0);
  CHECK(limit.note(first, 1) == 6);
  CHECK(limit.note(third, 9) == 5);
}

TEST_CASE("an equal share of the limit is at least one connection") {
  CHECK(SharedIdleLimit{10, 4}.equal_share() == 2);
  CHECK(SharedIdleLimit{3, 4}.equal_share() == 1);
}

TEST_CASE("transports that become idle at the same time keep no more than the limit together") {
  constexpr std::size_t threads = 4, most = 8;
  for (int round = 0; round < 50; ++round) {
    SharedIdleLimit limit{most, threads};
    std::vector<std::size_t> kept(threads, most);
    std::vector<std::thread> transports;
    for (std::size_t i = 0; i < threads; ++i)
      transports.emplace_back([&, i] {
        const std::size_t place = limit.join();
        const std::size_t room = limit.note(place, kept[i]);
        if (room >= kept[i]) return;
        kept[i] = room;
        limit.note(place, room);
      });
    for (auto& transport : transports) transport.join();
    std::size_t in_all = 0;
    for (const std::size_t idle : kept) in_all += idle;
    CHECK(in_all <= most);
  }
}
