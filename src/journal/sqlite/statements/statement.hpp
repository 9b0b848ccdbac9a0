#pragma once

#include "base/clock.hpp"
#include "base/strong.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

namespace dispatch::journal {

/// Bytes to bind as a blob. Borrowed until the statement has run.
struct Blob {
  std::string_view bytes;
};

/// A time as the journal stores it: microseconds since the Unix epoch.
constexpr std::int64_t to_stored(WallTime time) {
  return time.time_since_epoch().count();
}
constexpr WallTime from_stored(std::int64_t time) {
  return WallTime{std::chrono::microseconds{time}};
}

/// A statement that is prepared once and run many times. SQLite's errors are thrown as SQLite::Exception; the
/// journal turns them into an Error.
class Statement {
 public:
  /// The rows of one run, read one after the other. The statement can run again once this object is
  /// destroyed.
  class Rows {
   public:
    explicit Rows(SQLite::Statement& statement) : statement_(&statement) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    // A statement that is not reset keeps its snapshot, and with it the WAL, alive.
    ~Rows() { statement_->tryReset(); }

    /// Moves to the next row, first to the first; returns false after the last.
    bool next() { return statement_->executeStep(); }

    bool is_null(int column) const { return statement_->isColumnNull(column); }
    bool is_integer(int column) const { return statement_->getColumn(column).isInteger(); }
    std::int64_t integer(int column) const { return statement_->getColumn(column).getInt64(); }
    /// Text or blob; empty if NULL. Valid until the next step.
    std::string_view bytes(int column) const {
      const SQLite::Column value = statement_->getColumn(column);
      const auto* data = static_cast<const char*>(value.getBlob());
      return data == nullptr ? std::string_view{}
                             : std::string_view{data, static_cast<std::size_t>(value.getBytes())};
    }

   private:
    SQLite::Statement* statement_;
  };

  Statement(const SQLite::Database& database, const std::string& sql)
      : statement_(database, sql), texts_(static_cast<std::size_t>(statement_.getBindParameterCount())) {}

  /// Binds one value to each parameter and runs to the end; returns the number of changed rows.
  template <class... Values>
  int run(const Values&... values) {
    bind_all(values...);
    const Rows reset_at_end{statement_};
    return statement_.exec();
  }

  /// Binds the values of several rows, one after the other, and runs to the end: first those that `values`
  /// hands to the function it is given. Returns the number of changed rows.
  template <class Values>
  int run_with(Values values) {
    int parameter = 0;
    values([&](const auto&... some) { (bind(++parameter, some), ...); });
    const Rows reset_at_end{statement_};
    return statement_.exec();
  }

  /// Binds one value to each parameter and returns the rows.
  template <class... Values>
  Rows rows(const Values&... values) {
    bind_all(values...);
    return Rows{statement_};
  }

 private:
  template <class... Values>
  void bind_all(const Values&... values) {
    int parameter = 0;
    (bind(++parameter, values), ...);
  }

  template <std::integral Integer>
  void bind(int parameter, Integer value) {
    statement_.bind(parameter, static_cast<std::int64_t>(value));
  }
  template <class Tag>
  void bind(int parameter, const Strong<Tag, std::int64_t>& value) {
    bind(parameter, value.value());
  }
  void bind(int parameter, WallTime value) { bind(parameter, to_stored(value)); }
  void bind(int parameter, std::chrono::microseconds value) { bind(parameter, value.count()); }
  void bind(int parameter, std::string_view value) {
    // SQLiteCpp accepts text only as std::string; one per parameter is kept to reuse its memory.
    std::string& text = texts_[static_cast<std::size_t>(parameter - 1)];
    text.assign(value);
    statement_.bindNoCopy(parameter, text);
  }
  void bind(int parameter, Blob value) {
    // A null pointer would bind NULL.
    statement_.bindNoCopy(parameter, value.bytes.empty() ? "" : static_cast<const void*>(value.bytes.data()),
                          static_cast<int>(value.bytes.size()));
  }
  void bind(int parameter, std::nullopt_t) { statement_.bind(parameter); }
  template <class Value>
  void bind(int parameter, const std::optional<Value>& value) {
    if (value) {
      bind(parameter, *value);
    } else {
      bind(parameter, std::nullopt);
    }
  }

  SQLite::Statement statement_;
  std::vector<std::string> texts_;
};

/// Absent texts are empty in memory and NULL in the journal.
inline std::optional<std::string_view> null_if_empty(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace dispatch::journal
