#include "journal/ledger.hpp"

#include "journal/ledger/reading.hpp"

namespace dispatch::journal {

Result<Ledger> Ledger::open(const std::string& path) {
  auto database = reading::open(path);
  if (!database) return tl::unexpected(std::move(database).error());
  return Ledger{path, std::move(*database)};
}

Ledger::Ledger(std::string path, std::shared_ptr<SQLite::Database> database)
    : path_(std::move(path)), database_(std::move(database)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

}  // namespace dispatch::journal
