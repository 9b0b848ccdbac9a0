#include "cli/output/table.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch::cli;

namespace {

using Align = Table::Align;

struct Told {
  std::string text;
  Table table(std::vector<Table::Column> columns) {
    return {std::move(columns), [this](std::string_view line) { text += line; }};
  }
};

}  // namespace

TEST_CASE("a table is as wide as what stands in it") {
  Told told;
  auto table = told.table({{"EVENT"}, {"COUNT", Align::right}, {"WHY"}});
  table.row({"a", "1", "because"});
  table.row({"a longer one", "1000000", ""});
  table.finish();
  CHECK(told.text ==
        "EVENT           COUNT  WHY\n"
        "a                   1  because\n"
        "a longer one  1000000  -\n");
}

TEST_CASE("a table without rows is its titles") {
  Told told;
  auto table = told.table({{"EVENT"}, {"WHY"}});
  table.finish();
  CHECK(told.text == "EVENT  WHY\n");
  CHECK(table.rows() == 0);
}

TEST_CASE("a table tells its rows while more come and its titles once") {
  Told told;
  auto table = told.table({{"N"}});
  for (int i = 0; i < 1'000; ++i) table.row({std::to_string(i)});
  CHECK_FALSE(told.text.empty());
  table.finish();
  CHECK(told.text.find("N\n") == 0);
  CHECK(told.text.rfind("N\n") == 0);
  CHECK(told.text.ends_with("999\n"));
  CHECK(table.rows() == 1'000);
}

TEST_CASE("a table counts characters and not bytes") {
  Told told;
  auto table = told.table({{"ENTITY"}, {"X"}});
  table.row({"größe", "1"});
  table.row({"groesse", "2"});
  table.finish();
  CHECK(told.text ==
        "ENTITY   X\n"
        "größe    1\n"
        "groesse  2\n");
}

TEST_CASE("a cell of a table is one line that cannot steer a terminal") {
  Told told;
  auto table = told.table({{"EVENT"}, {"WHY"}});
  table.row({"e1", "a\x1b[2J\ne2 forged"});
  table.finish();
  CHECK(told.text ==
        "EVENT  WHY\n"
        "e1     a\\u001b[2J\\ne2 forged\n");
}
