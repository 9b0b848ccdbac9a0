#include "journal/journal_reader.hpp"

#include "journal/reader/reading.hpp"

namespace dispatch::journal {

Result<JournalReader> JournalReader::open(const std::string& path) {
  auto database = reading::open(path);
  if (!database) return tl::unexpected(std::move(database).error());
  return JournalReader{path, std::move(*database)};
}

JournalReader::JournalReader(std::string path, std::shared_ptr<SQLite::Database> database)
    : path_(std::move(path)), database_(std::move(database)) {}
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;
JournalReader::~JournalReader() = default;

}  // namespace dispatch::journal
