#include "journal/sqlite/statements/lru_cache.hpp"

#include <doctest/doctest.h>

using dispatch::journal::LruCache;

TEST_CASE("lru cache: what was not used for longest is forgotten first") {
  LruCache<int> cache{2};
  cache.put("a", 1);
  cache.put("b", 2);
  REQUIRE(cache.find("a") != nullptr);
  cache.put("c", 3);
  CHECK(cache.find("b") == nullptr);
  REQUIRE(cache.find("a") != nullptr);
  CHECK(*cache.find("a") == 1);
  CHECK(*cache.find("c") == 3);
}

TEST_CASE("lru cache: a value can be changed where it is and all can be forgotten") {
  LruCache<int> cache{2};
  cache.put("a", 1);
  *cache.find("a") = 5;
  CHECK(*cache.find("a") == 5);
  cache.clear();
  CHECK(cache.find("a") == nullptr);
  cache.put("a", 6);
  CHECK(*cache.find("a") == 6);
}
