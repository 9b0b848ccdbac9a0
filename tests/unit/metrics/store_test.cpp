#include "metrics/store.hpp"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::metrics;

// What every metric store keeps: another one is added here.
#define METRIC_STORES SharedMapStore

TEST_CASE_TEMPLATE("a key that was never counted is at zero", Store, METRIC_STORES) {
  const Store store;
  CHECK(store.get("nobody") == 0);
}

TEST_CASE_TEMPLATE("each key has a count of its own", Store, METRIC_STORES) {
  Store store;
  for (int i = 0; i < 3; ++i) store.inc("a");
  store.inc("b");
  CHECK(store.get("a") == 3);
  CHECK(store.get("b") == 1);
}

TEST_CASE("a snapshot has the counted keys and not those that were only asked for") {
  SharedMapStore store;
  CHECK(store.get("nobody") == 0);
  CHECK(store.snapshot().empty());
  store.inc("a");
  store.inc("a");
  store.inc("b");
  CHECK(store.snapshot() == std::map<std::string, std::int64_t>{{"a", 2}, {"b", 1}});
}

TEST_CASE_TEMPLATE("threads that add keys and count them and read them lose nothing", Store, METRIC_STORES) {
  constexpr int threads = 8;
  constexpr int rounds = 5'000;
  constexpr int keys = 100;
  Store store;
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
