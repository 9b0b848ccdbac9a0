#pragma once

#include "event/ids.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <string>
#include <string_view>

namespace dispatch::journal {

/// Records by which input events came. Positions of one input mostly follow each other, so that a row is
/// written only where another input begins, and an event costs one comparison.
class Inputs {
 public:
  explicit Inputs(SQLite::Database& database);

  /// The event at `position`, the highest so far, came by `input`; an empty one is not recorded.
  void note(Position position, std::string_view input);

  /// Another connection has committed, or the turn was abandoned.
  void forget() { is_known_ = false; }

 private:
  bool is_known_ = false;
  std::string current_;  ///< of the events that come next, where is_known_
  Statement latest_, find_, add_input_, begin_;
};

}  // namespace dispatch::journal
