#include "base/text/json.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;

TEST_CASE("what steers a terminal is escaped in JSON from outside and all else stays") {
  std::string out;
  JsonObject{out}.add_foreign("headers",
                              "{ \"X-A\":\"\xC2\x9B"
                              "31m \xE2\x80\xAE \x7F \xC3\xA4\",\n\"n\": 1.50}");
  CHECK(out == "{\"headers\":{ \"X-A\":\"\\u009b31m \\u202e \\u007f \xC3\xA4\",\n\"n\": 1.50}}");
}

TEST_CASE("JSON from outside that is not UTF-8 ends where it ends") {
  std::string out;
  JsonObject{out}.add_foreign("a", "\"\xFF\"");
  CHECK(out == "{\"a\":\"\xFF\"}");
}
