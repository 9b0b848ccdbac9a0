#include "metrics/store.hpp"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::metrics;

TEST_CASE("a key that was never counted is at zero and is not made by asking") {
  const SharedMapStore store;
  CHECK(store.get("nobody") == 0);
  CHECK(store.snapshot().empty());
}

TEST_CASE("each key has a count of its own") {
  SharedMapStore store;
  for (int i = 0; i < 3; ++i) store.inc("a");
  store.inc("b");
  CHECK(store.get("a") == 3);
  CHECK(store.get("b") == 1);
  CHECK(store.snapshot() == std::map<std::string, std::int64_t>{{"a", 3}, {"b", 1}});
}

TEST_CASE("threads that add keys and count them and read them lose nothing") {
  constexpr int threads = 8;
  constexpr int rounds = 5'000;
  constexpr int keys = 100;
  SharedMapStore store;
  {
    std::vector<std::jthread> all;
    for (int thread = 0; thread < threads; ++thread)
      all.emplace_back([&store] {
        std::int64_t before = 0;
        for (int i = 0; i < rounds; ++i) {
          store.inc("shared");
          store.inc("key" + std::to_string(i % keys));
          const auto now = store.get("shared");
          if (now <= before) FAIL_CHECK("a count went down");
          before = now;
        }
      });
  }
  CHECK(store.get("shared") == threads * rounds);
  for (int key = 0; key < keys; ++key)
    CHECK(store.get("key" + std::to_string(key)) == threads * rounds / keys);
}
