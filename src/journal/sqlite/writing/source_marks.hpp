#pragma once

#include "journal/source_mark.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::journal {

/// The rows of the table source_marks.
class SourceMarks {
 public:
  explicit SourceMarks(SQLite::Database& database);

  /// Implements Journal::next_offset.
  std::optional<std::int64_t> next_offset(std::string_view source, std::string_view partition);
  /// Implements Transaction::advance_source.
  bool advance(const SourceMark& mark);

 private:
  Statement next_, begin_, advance_;
};

}  // namespace dispatch::journal
