#include "bench/turns.hpp"

#include "bench/median.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

namespace dispatch::bench {
namespace {

double number(const SQLite::Database& journal, const char* query) {
  SQLite::Statement statement{journal, query};
  return statement.executeStep() ? statement.getColumn(0).getDouble() : 0;
}

}  // namespace

void Turns::add(const std::filesystem::path& path) {
  const SQLite::Database journal{path.string(), SQLite::OPEN_READONLY};
  // A turn reads the clock once, and no two turns within a microsecond.
  short_ways_.push_back(number(journal,
                               "SELECT avg(d.began_at = e.accepted_at)"
                               "  FROM deliveries d JOIN events e ON e.position = d.position"
                               " WHERE d.attempts = 1"));
  events_per_turn_.push_back(
      number(journal, "SELECT (SELECT count(*) FROM events) * 1.0 / max(turn, 1) FROM progress"));
}

double Turns::short_way() const {
  return median(short_ways_);
}

double Turns::events_per_turn() const {
  return median(events_per_turn_);
}

void Turns::print() const {
  fmt::print("  {:.0f} % of the events were begun by the turn that accepted them; {:.1f} events a turn\n",
             100 * short_way(), events_per_turn());
}

}  // namespace dispatch::bench
