#pragma once

#include "event/outcome.hpp"
#include "event/outgoing.hpp"
#include "jq/program.hpp"

#include <optional>
#include <string>
#include <unordered_map>

#include <tl/expected.hpp>

namespace dispatch::delivery {

/// Why a request is not made.
struct Unprepared {
  OutcomeKind kind = OutcomeKind::refused;  ///< or local_failure, or not_meant
  std::string why;                          ///< for people
};

/// Asks filters, and makes of events the bodies that their subscriptions want. Used by one thread.
class Preparation {
 public:
  /// False where the payload is sent as it came.
  static bool is_needed(const Outgoing& outgoing);

  /// Replaces the payload by the body: what the transform makes of the event, in the subscription's mode.
  /// Before that it asks the subscription's filter as it is now: what the filter excludes is `not_meant`,
  /// also where it was routed by an earlier filter, or while this one could not be asked. Where the filter or
  /// the transform fails on the event the request is `refused`, and a `local_failure` where the machine has
  /// no process for them.
  tl::expected<void, Unprepared> prepare(Outgoing& outgoing);

 private:
  jq::RunResult<std::optional<std::string>> run(const std::string& text, const Outgoing& outgoing);
  jq::RunResult<jq::Program*> program(const std::string& text);

  /// Programs are kept from one event to the next, so many; then all are forgotten.
  static constexpr std::size_t programs_most = 256;
  std::optional<jq::Interpreter> jq_;
  std::unordered_map<std::string, jq::Program> programs_;
};

}  // namespace dispatch::delivery
