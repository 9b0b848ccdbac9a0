#include "cli/options/nearest.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::cli;

TEST_CASE("the nearest word is the one that the fewest changes lead to") {
  const std::vector<std::string> words{"run", "ingest", "status", "events"};
  CHECK(nearest("rnu", words) == "run");
  CHECK(nearest("rum", words) == "run");
  CHECK(nearest("injest", words) == "ingest");
  CHECK(nearest("stauts", words) == "status");
  CHECK(nearest("event", words) == "events");
}

TEST_CASE("a word that is like nothing has no nearest") {
  const std::vector<std::string> words{"run", "ingest"};
  CHECK(nearest("completely", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(did_you_mean("completely", words).empty());
}
