#include "delivery/http/direct/request_target.hpp"

#include <string>

#include <doctest/doctest.h>

using dispatch::delivery::parse_request_target;
using dispatch::delivery::RequestTargets;

TEST_CASE("a URL says where a request goes and how it begins") {
  const auto plain = parse_request_target("http://host.test/hook?x=1#part").value();
  CHECK_FALSE(plain.secure);
  CHECK(plain.place == "http://host.test:80");
  CHECK(plain.start == "POST /hook?x=1 HTTP/1.1\r\nHost: host.test\r\n");
  const auto secure = parse_request_target("https://host.test:8443").value();
  CHECK(secure.secure);
  CHECK(secure.place == "https://host.test:8443");
  CHECK(secure.start == "POST / HTTP/1.1\r\nHost: host.test:8443\r\n");
  CHECK(parse_request_target("https://host.test:443/").value().place == "https://host.test:443");
  CHECK(parse_request_target("https://host.test:443/").value().start ==
        "POST / HTTP/1.1\r\nHost: host.test\r\n");
  CHECK(parse_request_target("http://host.test:443/").value().start ==
        "POST / HTTP/1.1\r\nHost: host.test:443\r\n");
  CHECK(parse_request_target("http://[::1]:8080/").value().start ==
        "POST / HTTP/1.1\r\nHost: [::1]:8080\r\n");
  CHECK(parse_request_target("http://[::1]/").value().place == "http://[::1]:80");
}

TEST_CASE("what is not a plain URL of HTTP is left to libcurl") {
  for (const std::string url : {"",
                                "host.test",
                                "ftp://host.test/",
                                "file:///etc/passwd",
                                "http://",
                                "http:///x",
                                "HTTP://host.test/",
                                "http://[::1",
                                "http://user@host.test/",
                                "http://user:secret@host.test/",
                                "http://:secret@host.test/",
                                "http://@host.test/",
                                "http://[fe80::1%25lo]/",
                                "http://h\xc3\xb6st.test/",
                                "http://host.test/\xc3\xb6",
                                "http://host.test:99999/",
                                "http://host.test/a b",
                                "http://host.test/a\r\nX: y",
                                "http://host.test/a\tb",
                                "http://ho st.test/",
                                "http://host.test/?\x7f"}) {
    CAPTURE(url);
    CHECK_FALSE(parse_request_target(url));
  }
}

TEST_CASE("targets of URLs are remembered and their number is bounded") {
  RequestTargets targets{3};
  CHECK(targets.find("ftp://x/") == nullptr);
  for (int i = 0; i < 10; ++i) {
    const auto url = "http://host.test/" + std::to_string(i);
    for (int again = 0; again < 2; ++again) {
      const auto* const target = targets.find(url);
      REQUIRE(target != nullptr);
      CHECK(target->start == "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: host.test\r\n");
    }
    CHECK(targets.size() <= 3);
  }
}
