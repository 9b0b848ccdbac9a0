#pragma once

#include "base/error.hpp"
#include "base/jq.hpp"
#include "event/outgoing.hpp"

#include <optional>
#include <string>
#include <unordered_map>

namespace dispatch::delivery {

/// Makes of events the bodies that their subscriptions want. Used by one thread.
class Preparation {
 public:
  /// False where the payload is sent as it came.
  static bool is_needed(const Outgoing& outgoing);

  /// Replaces the payload by the body: what the transform makes of the event, in the subscription's mode.
  /// Asks the filter as well, but not what it says: the event was routed by it, and is sent by another that
  /// came since; but one that fails on the event is a fault. Fails, with the reason, where the filter or the
  /// transform does.
  Result<> prepare(Outgoing& outgoing);

 private:
  Result<std::optional<std::string>> run(const std::string& text, const Outgoing& outgoing);
  Result<JqProgram*> program(const std::string& text);

  /// Programs are kept from one event to the next, so many; then all are forgotten.
  static constexpr std::size_t programs_most = 256;
  std::optional<Jq> jq_;
  std::unordered_map<std::string, JqProgram> programs_;
};

}  // namespace dispatch::delivery
