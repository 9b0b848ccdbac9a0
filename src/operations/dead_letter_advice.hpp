#pragma once

#include "journal/records.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::operations {

/// A command to suggest, and its purpose.
struct NextStep {
  std::string arguments;  ///< after "dispatch", quoted for a shell
  std::string purpose;    ///< as in "to PURPOSE: dispatch ARGUMENTS"
};

/// Collects dead letters that were shown, and suggests the next commands. The URL of a direct delivery can be
/// corrected with a redirect; that of a subscription belongs to the subscription. Keeps only the first dead
/// letter of each kind. Used by one thread.
class DeadLetterAdvice {
 public:
  /// What the suggested commands name: the entity of a dead letter if it has one, or its event.
  enum class Names { entity, event };
  explicit DeadLetterAdvice(Names names) : names_(names) {}

  void add(const journal::DeadLetterRecord& dead);
  bool empty() const { return first_.empty(); }

  /// The commands to send the dead letters again, send them elsewhere or discard them. Empty without dead
  /// letters.
  std::vector<NextStep> steps() const;

 private:
  Names names_;
  std::string first_;          ///< condition for the first one, such as "--entity A"; empty: none yet
  std::string first_direct_;   ///< condition for the first direct one
  std::string subscription_;   ///< subscription id of the first one that has a subscription
  std::string program_owner_;  ///< id of the first subscription with a failed filter or transform
  std::string_view program_;   ///< the program that failed: "filter" or "transform"
  std::string paused_;         ///< id of the first paused subscription
};

}  // namespace dispatch::operations
