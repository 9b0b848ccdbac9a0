#include "event/jq_input.hpp"

#include <doctest/doctest.h>

using namespace dispatch;

TEST_CASE("a jq program is told all of an event and null for what it has not") {
  JqInput input;
  input.id = "e\"1";
  input.payload = "{\"n\" : 1}";
  CHECK(jq_document(input) ==
        R"({"id":"e\"1","type":null,"source":null,"timestamp":null,"entity":null,"sequence":null,)"
        R"("data":{"n" : 1}})");
  input.type = "order.added";
  input.source = "billing";
  input.timestamp = "2026-01-02T03:04:05Z";
  input.entity = "order-1";
  input.sequence = SequenceNumber{0};
  CHECK(jq_document(input) ==
        R"({"id":"e\"1","type":"order.added","source":"billing","timestamp":"2026-01-02T03:04:05Z",)"
        R"("entity":"order-1","sequence":0,"data":{"n" : 1}})");
}

TEST_CASE("a half of a surrogate pair without the other becomes U+FFFD and all else stays as it came") {
  const auto data = [](std::string_view payload) {
    JqInput input;
    input.payload = payload;
    const auto document = jq_document(input);
    const auto at = document.find(",\"data\":");
    return document.substr(at + 8, document.size() - at - 9);
  };
  CHECK(data(R"("\ud800")") == R"("\uFFFD")");
  CHECK(data(R"(["\uDC00", "x\uDBFFy"])") == R"(["\uFFFD", "x\uFFFDy"])");
  CHECK(data(R"("\ud83d\ude00")") == R"("\ud83d\ude00")");
  CHECK(data(R"("\ud83d\ud83d\ude00")") == R"("\uFFFD\ud83d\ude00")");
  CHECK(data(R"("\ude00\ud83d")") == R"("\uFFFD\uFFFD")");
  CHECK(data(R"("\\ud800")") == R"("\\ud800")");
  CHECK(data(R"("\\\ud800\n")") == R"("\\\uFFFD\n")");
  CHECK(data(R"("\u00fc\ud800\u0041")") == R"("\u00fc\uFFFD\u0041")");
  for (const char* broken : {"\"\\", "\"\\u", "\"\\ud8", "\"\\ud800\\", "\"\\ud800\\udc"}) {
    CAPTURE(broken);
    CHECK_FALSE(data(broken).empty());
  }
}
