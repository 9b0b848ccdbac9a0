#pragma once

#include "journal/records.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::operations {

/// A command to type next, and what for.
struct NextStep {
  std::string arguments;  ///< behind "dispatch", quoted for a shell
  std::string purpose;    ///< as in "to PURPOSE: dispatch ARGUMENTS"
};

/// Collects dead letters that were shown, and tells which commands to type next: what mends a direct delivery
/// does not mend one of a subscription, whose URL belongs to the subscription. Remembers the first of each
/// kind only. Used by one thread.
class DeadLetterAdvice {
 public:
  /// What the commands name: the entity of a dead letter where it has one, or its event.
  enum class Names { entity, event };
  explicit DeadLetterAdvice(Names names) : names_(names) {}

  void add(const journal::DeadLetterRecord& dead);
  bool empty() const { return first_.empty(); }

  /// How the dead letters are sent again, sent elsewhere or given up. Not for none.
  std::vector<NextStep> steps() const;

 private:
  Names names_;
  std::string first_;          ///< condition that names the first: "--entity A"; empty: there is none
  std::string first_direct_;   ///< the same of the first direct one
  std::string subscription_;   ///< id of the first that is of a subscription
  std::string program_owner_;  ///< id of the first subscription whose filter or transform failed
  std::string_view program_;   ///< which of them: "filter" or "transform"
  std::string paused_;         ///< id of the first subscription that is paused
};

}  // namespace dispatch::operations
