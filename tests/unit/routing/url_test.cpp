#include "routing/url.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::routing;

namespace {

Url parsed(std::string_view text, UrlSchemes schemes = http_schemes) {
  auto url = parse_url(text, schemes);
  CAPTURE(text);
  REQUIRE_MESSAGE(url.has_value(), url.error().message);
  return *url;
}

std::string refusal(std::string_view text, UrlSchemes schemes = http_schemes) {
  const auto url = parse_url(text, schemes);
  CAPTURE(text);
  REQUIRE_FALSE(url.has_value());
  CHECK(url.error().failure == Failure::usage);
  return url.error().message;
}

}  // namespace

TEST_CASE("a URL is read into its parts") {
  const auto url = parsed("https://example.com:8443/a/b?c=d&e=%20");
  CHECK(url.scheme == "https");
  CHECK(url.host == "example.com");
  CHECK(url.text == "https://example.com:8443/a/b?c=d&e=%20");
}

TEST_CASE("URLs that mean one place have one spelling") {
  CHECK(parsed("HTTP://Example.COM").text == "http://example.com/");
  CHECK(parsed("http://example.com.:80/").text == "http://example.com/");
  CHECK(parsed("https://example.com:443/a#part").text == "https://example.com/a");
  CHECK(parsed("http://example.com:443/").text == "http://example.com:443/");
}

TEST_CASE("path and query keep their case") {
  CHECK(parsed("http://h/Path?Query=A").text == "http://h/Path?Query=A");
}

TEST_CASE("the host is lower case without dot and port and brackets") {
  CHECK(parsed("http://Example.COM.:8080/").host == "example.com");
  CHECK(parsed("http://127.0.0.1:9/").host == "127.0.0.1");
  CHECK(parsed("http://[::1]:9/").host == "::1");
  CHECK(parsed("http://[0:0:0:0:0:0:0:1]/").host == "::1");
  CHECK(parsed("http://[0:0:0:0:0:0:0:1]:80/x").text == "http://[::1]/x");
  CHECK(parsed("http://[FE80:0::1%25eth0]:80/x").text == "http://[fe80::1%25eth0]/x");
  CHECK(parsed("http://[fe80::1%25eth0]/x").host == "fe80::1%eth0");
  CHECK(parsed("http://[fe80::1%25eth1]/x").host != parsed("http://[fe80::1%25eth0]/x").host);
}

TEST_CASE("schemes other than http and https are refused") {
  CHECK(refusal("ftp://example.com/") ==
        "'ftp://example.com/' has the scheme 'ftp'; events are delivered to http and https only");
  CHECK(refusal("file:///etc/passwd").find("scheme 'file'") != std::string::npos);
  CHECK(refusal("gopher://h/").find("scheme 'gopher'") != std::string::npos);
}

TEST_CASE("a URL may have each scheme that there is a transport for and no other") {
  constexpr std::array<std::string_view, 3> three{"http", "nats", "kafka"};
  const auto url = parsed("NATS://Broker.example.:4222/orders.%3E?stream=S#x", three);
  CHECK(url.scheme == "nats");
  CHECK(url.host == "broker.example");
  CHECK(url.text == "nats://broker.example:4222/orders.%3E?stream=S");
  CHECK(parsed("kafka://[0:0::1]:9092/topic", three).text == "kafka://[::1]:9092/topic");
  CHECK(parsed("http://h:80/", three).text == "http://h/");
  CHECK(refusal("https://h/", three) ==
        "'https://h/' has the scheme 'https'; events are delivered to http, nats and kafka only");
  CHECK(refusal("h/", three) ==
        "'h/' is not an absolute URL; it must begin with http://, nats:// or kafka://");
  CHECK(refusal("nats://user:password@h/", three).find("holds a user name or password") != std::string::npos);
  CHECK(refusal("nats:///subject", three).find("has no host") != std::string::npos);
}

TEST_CASE("what is no absolute URL is refused") {
  for (const std::string text : {"", "example.com", "/path", "//example.com/", "http:/example.com",
                                 "http:example.com", "://example.com", "localhost:8080"}) {
    CAPTURE(text);
    CHECK(refusal(text).find("is not an absolute URL") != std::string::npos);
  }
}

TEST_CASE("a URL without host is refused") {
  for (const std::string text : {"http://", "http:///path", "http://?q", "http://#f", "http://./"}) {
    CAPTURE(text);
    CHECK(refusal(text).find("host") != std::string::npos);
  }
  (void)refusal("http://:80/");
  (void)refusal("http://a b/");
  (void)refusal("http://[::1/");
  (void)refusal("http://[zz]/");
}

TEST_CASE("a user name or password is refused and not repeated") {
  const auto message = refusal("https://user:secret@example.com/x");
  CHECK(
      message ==
      "'https://***@example.com/x' holds a user name or password, which is not allowed; send it in a header "
      "(Authorization) instead");
}

TEST_CASE("a password is not repeated where it makes a URL that is none") {
  for (const std::string text :
       {"https://user:se/cret@example.com", "https://user:se?cret@example.com", "user:secret@example.com",
        "https:/user:secret@example.com", "https://user:secret@example.com:port/"}) {
    CAPTURE(text);
    const auto message = refusal(text);
    CHECK(message.find("***@example.com") != std::string::npos);
    CHECK(message.find("cret") == std::string::npos);
  }
  CHECK(refusal("https://user:" + std::string(300, 'x') + "@example.com/").find("xxx") == std::string::npos);
}

TEST_CASE("ports that are none are refused") {
  (void)refusal("http://example.com:0/");
  (void)refusal("http://example.com:65536/");
  (void)refusal("http://example.com:http/");
  (void)refusal("http://example.com:-1/");
}

TEST_CASE("bytes that cannot stand in a URL are refused and not repeated") {
  CHECK(refusal("http://example.com/a b") ==
        "'http://example.com/a b' holds a byte (0x20) that a URL cannot hold; write it percent-encoded");
  CHECK(refusal("http://example.com/\r\nX: y").find("??X: y") != std::string::npos);
  CHECK(refusal("http://example/b\xC3\xBC").find("0xc3") != std::string::npos);
  CHECK(refusal(std::string("http://h/\0x", 11)).find("0x00") != std::string::npos);
}

TEST_CASE("an international host name is kept as name servers know it") {
  const auto url = parse_url(
                       "HTTP://B\xC3\xBC"
                       "cher.Example:8080/x?y#z",
                       http_schemes)
                       .value();
  CHECK(url.text == "http://xn--bcher-kva.example:8080/x?y");
  CHECK(url.host == "xn--bcher-kva.example");
  CHECK(parsed(url.text).text == url.text);
  CHECK(parsed("http://\xE4\xBE\x8B\xE3\x81\x88.jp").text == "http://xn--r8jz45g.jp/");
}

TEST_CASE("a host that is no international name is refused with the form to write") {
  for (const char* url : {"http://\xFF.example/", "http://b\xC3.example/", "http://b%20\xC3\xBC.example/"}) {
    CAPTURE(url);
    CHECK(refusal(url).find("begins with xn--") != std::string::npos);
  }
  CHECK(refusal("http://\xE2\x80\x8B.example/").find("has an invalid host") != std::string::npos);
  CHECK(refusal("http://me:secret@b\xC3\xBC.example/").find("user name") != std::string::npos);
  CHECK(refusal("http://me:secret@b\xC3\xBC.example/").find("secret") == std::string::npos);
}

TEST_CASE("a number with a dot behind it is the address that it is without") {
  CHECK(parsed("http://0x7f.1./x").host == "127.0.0.1");
  CHECK(parsed("http://7.:41/").text == "http://0.0.0.7:41/");
}

TEST_CASE("a host with a label of nothing is refused") {
  for (const char* url : {"http://h../", "http://.h/", "http://a..b/"}) {
    CAPTURE(url);
    CHECK(refusal(url).find("has an invalid host") != std::string::npos);
  }
  CHECK(parsed("http://h./").host == "h");
}

TEST_CASE("a host that is no name once it is decoded is refused") {
  CHECK(refusal("http://%25f.example/") == "'http://%25f.example/' has an invalid host: '%f.example'");
  CHECK(refusal("http://%82.example/") == "'http://%82.example/' has an invalid host: '?.example'");
}

TEST_CASE("a refused URL is shown in ASCII only") {
  CHECK(refusal("http://h/\xC2\x9B"
                "31m")
            .find("'http://h/??31m'") == 0);
}

TEST_CASE("a URL over the limit is refused and cut in the message") {
  const auto message = refusal("http://h/" + std::string(9000, 'x'));
  CHECK(message.size() < 300);
  CHECK(message.find("is 9009 bytes long; the most is 8192") != std::string::npos);
}
