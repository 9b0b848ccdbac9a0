#include "delivery/http/address/lookup_cache.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
constexpr SteadyTime start{};

}  // namespace

TEST_CASE("a name is looked up again when its time is over and not before") {
  LookupCache cache{15s};
  CHECK(cache.before("https://a.example/x", start).forget.empty());
  CHECK(cache.before("https://a.example/y?z", start + 14s).forget.empty());
  CHECK(cache.before("https://a.example/", start + 15s).forget == Lines{"-a.example:443"});
  CHECK(cache.before("https://a.example/", start + 29s).forget.empty());
  CHECK(cache.before("https://a.example/", start + 30s).forget == Lines{"-a.example:443"});
  CHECK(cache.before("https://a.example/", start).cache_seconds == 15);
}

TEST_CASE("each scheme and port of a name has a look-up of its own") {
  LookupCache cache{1s};
  for (const char* url : {"http://a.example/", "https://a.example/", "http://a.example:8080/x"})
    cache.before(url, start);
  CHECK(cache.size() == 3);
  CHECK(cache.before("http://a.example/", start + 1s).forget == Lines{"-a.example:80"});
  CHECK(cache.before("http://a.example:8080/y", start + 1s).forget == Lines{"-a.example:8080"});
}

TEST_CASE("an address does not grow old and one of IPv6 is not kept") {
  LookupCache cache{1s};
  CHECK(cache.before("http://127.0.0.1:80/", start).cache_seconds == -1);
  CHECK(cache.before("http://127.0.0.1:80/", start + 1h).forget.empty());
  CHECK(cache.before("http://[::1]:80/", start).cache_seconds == 0);
  CHECK(cache.size() == 1);
}

TEST_CASE("of many hosts the longest known is forgotten for each new one") {
  LookupCache cache{1h, 3};
  for (int host = 1; host <= 3; ++host)
    CHECK(cache.before("http://127.0.0." + std::to_string(host) + "/", start).forget.empty());
  CHECK(cache.before("http://127.0.0.4/", start).forget == Lines{"-127.0.0.1:80"});
  CHECK(cache.before("http://127.0.0.1/", start).forget == Lines{"-127.0.0.2:80"});
  CHECK(cache.before("http://127.0.0.4/", start).forget.empty());
  CHECK(cache.size() == 3);
}

TEST_CASE("a host whose name begins as that of the one before is another") {
  LookupCache cache{15s};
  CHECK(cache.before("http://a.example", start).cache_seconds == 15);
  for (const char* url :
       {"http://a.example/x", "http://a.example?x", "http://a.example#x", "http://a.example"})
    cache.before(url, start + 1s);
  CHECK(cache.size() == 1);
  for (const char* url : {"http://a.example.org/", "http://a.example:81/", "https://a.example/"})
    cache.before(url, start + 1s);
  CHECK(cache.size() == 4);
  CHECK(cache.before("http://a.example.org/", start + 15s).forget.empty());
  CHECK(cache.before("http://a.example/", start + 15s).forget == Lines{"-a.example:80"});
}

TEST_CASE("a host that was asked for last is forgotten as any other") {
  LookupCache cache{1h, 1};
  cache.before("http://127.0.0.1/", start);
  CHECK(cache.before("http://a.example/", start).forget == Lines{"-127.0.0.1:80"});
  CHECK(cache.before("http://a.example/", start).forget.empty());
  CHECK(cache.before("http://127.0.0.1/", start).forget == Lines{"-a.example:80"});
  CHECK(cache.before("http://127.0.0.1/", start).cache_seconds == -1);
  CHECK(cache.size() == 1);
}
