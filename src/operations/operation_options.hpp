#pragma once

#include <cstddef>

namespace dispatch::operations {

/// Options of an operation.
struct OperationOptions {
  bool dry_run = false;  ///< only count
  std::size_t at_a_time =
      500;  ///< deliveries in one transaction; an active run gets its turn between two transactions
  /// Maximum number of lanes that redirect() keeps to count each once: about 100 bytes each.
  std::size_t lanes_remembered = 100'000;
  std::size_t keys_held = 1'000'000;  ///< deliveries that replay() holds in memory, about 60 bytes each
};

}  // namespace dispatch::operations
