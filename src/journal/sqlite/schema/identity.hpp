#pragma once

#include <cstdint>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// What a database says of itself.
struct Identity {
  std::int64_t application = 0;  ///< its application_id
  std::int64_t version = 0;      ///< its user_version
  bool empty = false;            ///< nothing was ever stored in it: a journal may be about to be made there
};

/// Throws SQLite::Exception.
Identity identify(SQLite::Database& database);

}  // namespace dispatch::journal
