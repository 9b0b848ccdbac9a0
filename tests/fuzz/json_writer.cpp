// Whatever text is written as JSON is JSON, and says the same when it is read.

#include "base/text/json.hpp"
#include "base/text/utf8.hpp"
#include "fuzz/fit_to_show.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

#include <simdjson.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

std::int64_t eight_bytes(std::string_view text) {
  std::int64_t number = 0;
  if (!text.empty()) std::memcpy(&number, text.data(), std::min(sizeof number, text.size()));
  return number;
}

std::string_view string_at(const simdjson::dom::object& object, std::string_view key) {
  std::string_view text;
  PROPERTY(object.at_key(key).get(text) == simdjson::SUCCESS);
  return text;
}

void check_string(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  PROPERTY(is_fit_to_show(json));
  simdjson::dom::parser parser;
  std::string_view read;
  PROPERTY(parser.parse(json).get(read) == simdjson::SUCCESS);
  const std::string repaired = to_utf8(text);
  PROPERTY(is_utf8(repaired));
  PROPERTY(is_utf8(text) == (repaired == text));
  PROPERTY(read == repaired);
}

void check_object(std::string_view key, std::string_view text) {
  const std::int64_t number = eight_bytes(text);
  double real = 0;
  std::memcpy(&real, &number, sizeof real);
  std::string json;
  {
    JsonObject inner{json};
    inner.add("text", text).add("signed", number).add("unsigned", static_cast<std::uint64_t>(number));
    inner.add("real", real).add("true", true).add_null("null").add_raw("raw", "{\"a\":[]}");
    inner.add("none", std::optional<std::string_view>{}).add(key, key);
  }
  PROPERTY(json.find('\n') == std::string::npos);
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  PROPERTY(parser.parse(json).get(object) == simdjson::SUCCESS);
  PROPERTY(object.size() == 9);
  PROPERTY(string_at(object, "text") == to_utf8(text));
  std::int64_t read = 0;
  PROPERTY(object.at_key("signed").get(read) == simdjson::SUCCESS && read == number);
  std::uint64_t read_unsigned = 0;
  PROPERTY(object.at_key("unsigned").get(read_unsigned) == simdjson::SUCCESS);
  PROPERTY(read_unsigned == static_cast<std::uint64_t>(number));
  PROPERTY(object.at_key("null").is_null() && object.at_key("none").is_null());
  if (!std::isfinite(real)) {
    PROPERTY(object.at_key("real").is_null());
    return;
  }
  double read_real = 0;
  PROPERTY(object.at_key("real").get(read_real) == simdjson::SUCCESS);
  PROPERTY(std::abs(read_real - real) <= std::abs(real) * 1e-5 + std::numeric_limits<double>::denorm_min());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  check_string(input.rest());
  const auto key = input.until('\n');
  check_object(key, input.rest());
  return 0;
}
