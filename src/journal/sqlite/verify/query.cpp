#include "journal/sqlite/verify/query.hpp"

#include <fmt/format.h>

namespace dispatch::journal::audit {

void run(Audit& audit, std::span<const Query> queries) {
  for (const auto& query : queries) {
    Statement statement{audit.database(), query.sql};
    auto rows = statement.rows();
    while (rows.next()) audit.found(query.check, fmt::format("{}: {}", rows.bytes(0), rows.bytes(1)));
  }
}

}  // namespace dispatch::journal::audit
