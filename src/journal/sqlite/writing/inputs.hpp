#pragma once

#include "event/ids.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <string>
#include <string_view>

namespace dispatch::journal {

/// Records by which input each event came. Consecutive positions mostly have the same input, so a row is
/// written only when the input changes, and an event costs one comparison.
class Inputs {
 public:
  explicit Inputs(SQLite::Database& database);

  /// Notes that the event at `position`, the highest so far, came by `input`; an empty input is not recorded.
  void note(Position position, std::string_view input);

  /// Call it when another connection has committed or the turn was abandoned.
  void forget() { is_known_ = false; }

 private:
  bool is_known_ = false;
  std::string current_;  ///< input of the latest events; valid if is_known_
  Statement latest_, find_, add_input_, begin_;
};

}  // namespace dispatch::journal
