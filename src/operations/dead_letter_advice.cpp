#include "operations/dead_letter_advice.hpp"

#include "base/text/shell_text.hpp"
#include "event/outcome_name.hpp"

#include <fmt/format.h>

namespace dispatch::operations {

namespace {

/// "filter" or "transform" where that is why the event of a subscription could not be sent; else empty.
std::string_view failed_program(const journal::DeadLetterRecord& dead) {
  if (!dead.last) return {};
  const auto name = outcome_name(dead.last->kind, dead.last->error);
  if (name == filter_failed) return "filter";
  return name == transform_failed ? "transform" : "";
}

}  // namespace

void DeadLetterAdvice::add(const journal::DeadLetterRecord& dead) {
  const auto condition = [&] {
    return names_ == Names::entity && dead.entity_id ? "--entity " + shell_word(*dead.entity_id)
                                                     : "--event " + shell_word(dead.event_id);
  };
  if (first_.empty()) first_ = condition();
  if (dead.subscription.empty()) {
    if (first_direct_.empty()) first_direct_ = condition();
    return;
  }
  const auto program = failed_program(dead);
  if (program.empty() && subscription_.empty()) subscription_ = dead.subscription;
  if (!program.empty() && program_.empty()) {
    program_ = program;
    program_owner_ = dead.subscription;
  }
  if (dead.paused && paused_.empty()) paused_ = dead.subscription;
}

std::vector<NextStep> DeadLetterAdvice::steps() const {
  std::vector<NextStep> steps;
  steps.push_back({"dlq release " + first_, "send again"});
  steps.push_back({"dlq discard " + first_, "give up and let what waits go on"});
  if (!first_direct_.empty())
    steps.push_back(
        {"redirect " + first_direct_ + " --to URL --dry-run", "see what would go to another URL"});
  if (!subscription_.empty()) {
    const auto id = shell_word(subscription_);
    steps.push_back({fmt::format("subscription add {} --replace --url URL", id),
                     fmt::format("correct the URL of subscription {}", subscription_)});
    steps.push_back({"dlq release --subscription " + id, "send its dead letters again, to its current URL"});
  }
  if (!program_.empty()) {
    const auto id = shell_word(program_owner_);
    steps.push_back({fmt::format("subscription add {} --replace --{} JQ", id, program_),
                     fmt::format("correct the {} of subscription {}", program_, program_owner_)});
    if (program_owner_ != subscription_)
      steps.push_back({"dlq release --subscription " + id, "send its dead letters again"});
  }
  if (!paused_.empty())
    steps.push_back({"subscription resume " + shell_word(paused_),
                     fmt::format("resume subscription {}, so that it gets what is released", paused_)});
  return steps;
}

}  // namespace dispatch::operations
