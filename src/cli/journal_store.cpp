#include "cli/journal_store.hpp"

#include "journal/sqlite/sqlite_journal.hpp"
#include "journal/sqlite/sqlite_store.hpp"

namespace dispatch::cli {

std::shared_ptr<journal::Store> journal_store(const std::string& name) {
  journal::stop_counting_memory();
  return std::make_shared<journal::SqliteStore>(name);
}

}  // namespace dispatch::cli
