#include "base/text/url_text.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace dispatch;

TEST_CASE("user names and passwords of URLs are not shown") {
  CHECK(without_credentials("cannot reach https://user:secret@example.com:8443/x?y#z: refused") ==
        "cannot reach https://***@example.com:8443/x?y#z: refused");
  CHECK(without_credentials("http://token@a.test") == "http://***@a.test");
  CHECK(without_credentials("'http://u:p@a@b.test/' and \"https://u:p@c.test\"") ==
        "'http://***@b.test/' and \"https://***@c.test\"");
  CHECK(without_credentials("socks5://u:p@[::1]:80/") == "socks5://***@[::1]:80/");
  CHECK(without_credentials("http://:p@a.test") == "http://***@a.test");
}

TEST_CASE("a password that holds the end of an authority is not shown either") {
  for (const std::string password :
       {"pa/ss", "pa?ss", "pa#ss", "a/b/c@d", "pa'ss", "pa ss", "pa\"ss", "pa<s>s", "a' b@c"}) {
    CAPTURE(password);
    CHECK(without_credentials("http://user:" + password + "@a.test/x") == "http://***@a.test/x");
  }
}

TEST_CASE("an at sign elsewhere stays") {
  for (const std::string text :
       {"mail a@b.test", "https://a.test/@user/hook", "https://a.test:8443/@user?x=@", "http://[::1]:80/@x",
        "http://[::1]/@x", "://", "a://", "", "'http://a.test:80/' is not a@b", "http://a.test is not a@b",
        "'http://a.test/x:y' and a@b"})
    CHECK(without_credentials(text) == text);
}

TEST_CASE("the origin of a URL is its scheme and host and port alone") {
  CHECK(origin_of("https://hooks.test/services/T0/B0/secret?key=1#x") == "https://hooks.test");
  CHECK(origin_of("http://u:p@a.test:8080?x") == "http://a.test:8080");
  CHECK(origin_of("http://[::1]:99/") == "http://[::1]:99");
  CHECK(origin_of("http://a.test") == "http://a.test");
  CHECK(origin_of("http:/a.test/secret").empty());
}

TEST_CASE("a URL has the scheme that stands before its colon in whatever case") {
  CHECK(scheme_of("https://h/") == "https");
  CHECK(scheme_of("Nats+tls://h:1/") == "Nats+tls");
  for (const std::string url : {"", ":", "://h/", "h/x:y", "1a://h/", "a b://h/", "http"}) {
    CAPTURE(url);
    CHECK(scheme_of(url).empty());
  }
  CHECK(has_scheme("http://h/", "http"));
  CHECK(has_scheme("HTTPS://h/", "https"));
  CHECK_FALSE(has_scheme("https://h/", "http"));
  CHECK_FALSE(has_scheme("http", "http"));
  CHECK_FALSE(has_scheme("", "http"));
}

TEST_CASE("schemes are listed as a sentence names them") {
  constexpr std::array<std::string_view, 3> three{"http", "https", "nats"};
  CHECK(listed(http_schemes, "and") == "http and https");
  CHECK(listed(three, "or", "://") == "http://, https:// or nats://");
  CHECK(listed(UrlSchemes{three}.first(1), "and") == "http");
  CHECK(listed({}, "and").empty());
}
