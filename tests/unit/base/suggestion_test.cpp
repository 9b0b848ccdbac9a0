#include "base/text/suggestion.hpp"

#include <vector>

#include <doctest/doctest.h>

TEST_CASE("the nearest word is the one that the fewest changes lead to") {
  const std::vector<std::string> words{"run", "ingest", "status", "events"};
  CHECK(suggestion("rnu", words) == "run");
  CHECK(suggestion("rum", words) == "run");
  CHECK(suggestion("injest", words) == "ingest");
  CHECK(suggestion("stauts", words) == "status");
  CHECK(suggestion("event", words) == "events");
}

TEST_CASE("a word that is like nothing has no nearest") {
  const std::vector<std::string> words{"run", "ingest"};
  CHECK(suggestion("completely", words).empty());
  CHECK(suggestion("", words).empty());
  CHECK(did_you_mean("completely", words).empty());
}
