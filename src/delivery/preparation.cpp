#include "delivery/preparation.hpp"

#include "base/error.hpp"
#include "base/text/json.hpp"
#include "delivery/body.hpp"
#include "event/jq_input.hpp"
#include "event/outcome_name.hpp"

#include <utility>

namespace dispatch::delivery {
namespace {

std::string document(const Outgoing& outgoing) {
  return jq_document({.id = outgoing.event_id,
                      .type = outgoing.type,
                      .source = outgoing.source,
                      .timestamp = outgoing.time,
                      .entity = outgoing.entity_id,
                      .sequence = outgoing.sequence,
                      .payload = outgoing.payload});
}

tl::unexpected<jq::RunError> fault_of_document(std::string why) {
  return tl::unexpected(jq::RunError{jq::RunError::Cause::program, std::move(why)});
}

/// `begin` is filter_error_begin or transform_error_begin.
tl::unexpected<Unprepared> failed(const Outgoing& outgoing, std::string_view begin, const jq::RunError& why) {
  const bool local = why.cause == jq::RunError::Cause::machine;
  return tl::unexpected(Unprepared{local ? OutcomeKind::local_failure : OutcomeKind::refused,
                                   fmt::format("{}{} {}: {}", begin, outgoing.subscription->id,
                                               local ? "could not be run" : "failed", why.message)});
}

}  // namespace

bool Preparation::is_needed(const Outgoing& outgoing) {
  const auto* const to = outgoing.subscription.get();
  return to != nullptr && (!to->filter.empty() || !to->transform.empty() || to->body == BodyMode::envelope ||
                           to->body == BodyMode::structured);
}

tl::expected<void, Unprepared> Preparation::prepare(Outgoing& outgoing) {
  const Subscription& to = *outgoing.subscription;
  if (!to.filter.empty()) {
    const auto said = run(to.filter, outgoing);
    if (!said) return failed(outgoing, filter_error_begin, said.error());
    if (!jq::is_true(*said))
      return tl::unexpected(Unprepared{
          OutcomeKind::not_meant, fmt::format("the filter of subscription {} excludes the event", to.id)});
  }
  if (!to.transform.empty()) {
    auto data = run(to.transform, outgoing);
    if (data && !*data) data = fault_of_document("it gave no output");
    if (!data) return failed(outgoing, transform_error_begin, data.error());
    outgoing.payload = std::move(**data);
  }
  if (to.body == BodyMode::envelope) outgoing.payload = envelope(outgoing, outgoing.payload);
  if (to.body == BodyMode::structured) outgoing.payload = structured_cloud_event(outgoing, outgoing.payload);
  return {};
}

jq::RunResult<std::optional<std::string>> Preparation::run(const std::string& text,
                                                           const Outgoing& outgoing) {
  if (!is_json(outgoing.payload)) return fault_of_document("the payload is not JSON");
  DISPATCH_ASSIGN(const auto known, program(text));
  return known->run(document(outgoing));
}

jq::RunResult<jq::Program*> Preparation::program(const std::string& text) {
  if (const auto known = programs_.find(text); known != programs_.end()) return &known->second;
  if (programs_.size() >= programs_most) {
    programs_.clear();
    jq_.reset();
  }
  if (!jq_) jq_.emplace();
  DISPATCH_ASSIGN(auto compiled, jq_->compile(text));
  return &programs_.emplace(text, std::move(compiled)).first->second;
}

}  // namespace dispatch::delivery
