#include "journal/sqlite/schema/identity.hpp"

#include <SQLiteCpp/Statement.h>

namespace dispatch::journal {

Identity identify(SQLite::Database& database) {
  // In one statement, as another process may make the journal meanwhile.
  SQLite::Statement said{database, R"(
    SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
      FROM pragma_application_id, pragma_user_version)"};
  said.executeStep();
  Identity identity{said.getColumn(0).getInt64(), said.getColumn(1).getInt64(), false};
  identity.empty = identity.application == 0 && identity.version == 0 && said.getColumn(2).getInt64() == 0;
  return identity;
}

}  // namespace dispatch::journal
