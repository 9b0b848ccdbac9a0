#include "journal/digest.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using journal::content_digest;

TEST_CASE("the digest of a content never changes") {
  Arrival arrival;
  arrival.event_id = "x";
  CHECK(content_digest(arrival) == 2759660227460070384);
}

TEST_CASE("the digest tells apart what belongs to the content") {
  Arrival arrival;
  arrival.event_id = "x";
  const auto plain = content_digest(arrival);
  const auto with = [&](auto set) {
    Arrival other = arrival;
    set(other);
    return content_digest(other);
  };
  CHECK(with([](Arrival& a) { a.entity_id = ""; }) != plain);
  CHECK(with([](Arrival& a) { a.entity_id = "E"; }) != plain);
  CHECK(with([](Arrival& a) { a.own_url = "http://a.test/"; }) != plain);
  CHECK(with([](Arrival& a) { a.headers = "{}"; }) != plain);
  CHECK(with([](Arrival& a) { a.payload = "{}"; }) != plain);
  // the same bytes in other fields
  CHECK(with([](Arrival& a) { a.type = "t"; }) != with([](Arrival& a) { a.source = "t"; }));
}

TEST_CASE("the digest leaves out the sequence number and the routes") {
  Arrival arrival;
  arrival.event_id = "x";
  const auto plain = content_digest(arrival);
  const Route route{.url = "http://a.test/", .host = "a.test"};
  arrival.sequence = SequenceNumber{7};
  arrival.routes = {&route, 1};
  CHECK(content_digest(arrival) == plain);
}
