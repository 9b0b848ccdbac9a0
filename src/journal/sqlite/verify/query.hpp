#pragma once

#include "journal/sqlite/verify/audit.hpp"

#include <span>

namespace dispatch::journal::audit {

/// A check that one query can do: each row is a finding with its subject and what is wrong.
struct Query {
  Check check;
  const char* sql;
};

void run(Audit& audit, std::span<const Query> queries);

}  // namespace dispatch::journal::audit
