#include "unit/ingest/reading.hpp"

#include <sstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <simdjson.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// The lines of JSON in dispatch-events(5), with mdoc's spelling undone.
std::string examples() {
  std::istringstream page{read_file(DISPATCH_SOURCE_DIR "/man/dispatch-events.5")};
  std::string found;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with(".Dl {")) line.erase(0, 4);
    if (!line.starts_with("{\"")) continue;
    for (auto escape = line.find("\\e"); escape != std::string::npos; escape = line.find("\\e", escape + 1))
      line.erase(escape + 1, 1);
    found += line + "\n";
  }
  return found;
}

}  // namespace

TEST_CASE("the events in the man page are accepted and the reject in it is what is said of its line") {
  const auto shown = examples();
  const auto read = read_text(shown);
  CHECK(read.events.size() == 4);
  REQUIRE(read.rejects.size() == 1);
  const auto begin = shown.find("{\"file\"");
  simdjson::dom::parser parser;
  simdjson::dom::element record;
  REQUIRE(parser.parse(shown.substr(begin, shown.find('\n', begin) - begin)).get(record) ==
          simdjson::SUCCESS);
  std::string_view text, why;
  REQUIRE(record["text"].get(text) == simdjson::SUCCESS);
  REQUIRE(record["reason"].get(why) == simdjson::SUCCESS);
  CHECK(read.rejects[0].origin.text == text);
  CHECK(read.rejects[0].reason == why);
}
