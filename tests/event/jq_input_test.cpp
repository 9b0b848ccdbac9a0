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
