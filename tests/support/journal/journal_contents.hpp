#pragma once

#include <map>
#include <string>

namespace dispatch::test {

/// Every row of every table of the SQLite file, as text; empty where there is no table or no file. Two
/// journals of equal contents are the same journal. The file is looked at as the next process would, so that
/// its WAL is recovered, and not otherwise changed.
std::string journal_contents(const std::string& path);

/// What SQLite's own check says of the file: "ok".
std::string integrity_of(const std::string& path);

/// How a delivery stands; for journals in which each event has one.
struct DeliveryStanding {
  int attempts = 0;  ///< intents committed
  int unknown = 0;   ///< of these, how many ended in doubt
  bool completed = false;
};
/// By event id; empty where there is no journal.
std::map<std::string, DeliveryStanding> journal_deliveries(const std::string& path);

}  // namespace dispatch::test
