#pragma once

#include <cstdint>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// What the header of a database says about it.
struct Identity {
  std::int64_t application = 0;  ///< its application_id
  std::int64_t version = 0;      ///< its user_version
  bool empty = false;            ///< true: nothing was ever stored in it, so a journal can be created there
};

/// Throws SQLite::Exception.
Identity identify(SQLite::Database& database);

}  // namespace dispatch::journal
