#pragma once

#include "journal/sqlite/verify/audit.hpp"

#include <span>

namespace dispatch::journal::audit {

/// What one query finds: each row of the answer is a finding, what it is about, and what is wrong.
struct Query {
  Check check;
  const char* sql;
};

void run(Audit& audit, std::span<const Query> queries);

}  // namespace dispatch::journal::audit
