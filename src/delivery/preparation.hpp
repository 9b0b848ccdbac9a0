#pragma once

#include "event/outcome.hpp"
#include "event/outgoing.hpp"
#include "jq/program.hpp"

#include <optional>
#include <string>
#include <unordered_map>

#include <tl/expected.hpp>

namespace dispatch::delivery {

/// Why a request could not be prepared.
struct Unprepared {
  OutcomeKind kind = OutcomeKind::refused;  ///< refused, local_failure or not_meant
  std::string why;                          ///< for people
};

/// Runs filters, and builds the bodies that subscriptions want. Used by one thread.
class Preparation {
 public:
  /// False if the payload is sent unchanged.
  static bool is_needed(const Outgoing& outgoing);

  /// Replaces the payload by the body: the result of the transform, in the subscription's body mode. First
  /// asks the subscription's current filter: an event that it excludes is `not_meant`, even if an earlier
  /// filter selected it, or the filter could not be asked then. If the filter or the transform fails on the
  /// event, the request is `refused`; if the machine has no process for them, it is a `local_failure`.
  tl::expected<void, Unprepared> prepare(Outgoing& outgoing);

 private:
  jq::RunResult<std::optional<std::string>> run(const std::string& text, const Outgoing& outgoing);
  jq::RunResult<jq::Program*> program(const std::string& text);

  /// Number of programs kept from one event to the next; beyond it all are dropped.
  static constexpr std::size_t programs_most = 256;
  std::optional<jq::Interpreter> jq_;
  std::unordered_map<std::string, jq::Program> programs_;
};

}  // namespace dispatch::delivery
