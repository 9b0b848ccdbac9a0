#pragma once

#include <cstddef>

namespace dispatch::operations {

/// How an operation is carried out.
struct OperationOptions {
  bool dry_run = false;         ///< only count
  std::size_t at_a_time = 500;  ///< deliveries in one transaction; between two a run that is on has its turn
  /// Lanes that redirect() remembers so that it counts them once: about 100 bytes each.
  std::size_t lanes_remembered = 100'000;
  std::size_t keys_held = 1'000'000;  ///< of deliveries that replay() holds in memory, about 60 bytes each
};

}  // namespace dispatch::operations
