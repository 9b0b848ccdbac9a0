#pragma once

#include <cstddef>

namespace dispatch::operations {

/// How an operation is carried out.
struct Manner {
  bool dry_run = false;         ///< only count
  std::size_t at_a_time = 500;  ///< deliveries in one transaction; between two a run that is on has its turn
};

}  // namespace dispatch::operations
