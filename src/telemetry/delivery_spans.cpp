#include "telemetry/delivery_spans.hpp"

#include "base/text/url_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace dispatch::telemetry {
namespace {

using tracing::SpanAttribute;
using tracing::SpanKind;

/// What tells spans below one apart (tracing/trace_context.hpp, derived_span); a wait adds its place to its
/// own.
enum Number : std::int64_t { commit_number = 1, retry_number = 2, wait_number = 16 };

constexpr std::array<std::string_view, flow::hold_names.size()> wait_names{
    "wait order", "wait permit", "wait rate", "wait circuit", "wait retry", "wait throttle"};
static_assert(!wait_names.back().empty());

/// Less than that between the commit and the request is no waiting, but how long threads take.
constexpr auto handover = std::chrono::milliseconds{2};

std::string_view name_of(flow::Hold hold) {
  return wait_names[static_cast<std::size_t>(hold)];
}

/// A list of attributes that is short.
class Attributes {
 public:
  void add(std::string_view key, std::string_view text) {
    if (!text.empty()) all_[count_++] = {key, text};
  }
  void add(std::string_view key, std::int64_t number) { all_[count_++] = {key, number}; }
  std::span<const SpanAttribute> all() const { return std::span{all_}.first(count_); }

 private:
  std::array<SpanAttribute, 16> all_{};
  std::size_t count_ = 0;
};

}  // namespace

std::int64_t port_of(std::string_view url) {
  const bool secure = url.starts_with("https:");
  const auto begin = url.find("//");
  std::int64_t port = secure ? 443 : 80;
  if (begin == std::string_view::npos) return port;
  const auto authority = url.substr(begin + 2, url.find_first_of("/?#", begin + 2) - begin - 2);
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return port;
  std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
  return port;
}

DeliverySpans::DeliverySpans(tracing::SpanExporter& exporter, OtlpJson json, const SpanBatches& batches,
                             std::stop_token stop, SpanUrl url)
    : exporter_(exporter),
      json_(std::move(json)),
      url_(url),
      spans_most_(std::max<std::size_t>(batches.batch, 1)),
      records_(
          batches.queue, 1, std::move(stop),
          [this](std::span<const Record> records) { return export_all(records); },
          metrics::Gathering{batches.batch, batches.delay}) {}

void DeliverySpans::committed(const flow::CommittedTurn& turn) {
  batch_.clear();
  for (const auto& entry : turn.entries)
    if (entry->trace.sampled()) batch_.push_back({entry, nullptr});
  for (const auto& story : turn.stories)
    if (story->trace.sampled()) batch_.push_back({nullptr, story});
  records_.put(batch_);
}

std::size_t DeliverySpans::export_all(std::span<const Record> records) {
  std::size_t lost = 0;
  std::size_t in_request = 0;
  const auto send = [&] {
    const std::size_t spans = json_.spans();
    if (spans > 0) lost += std::min(in_request, exporter_.send(json_.end(), spans));
    in_request = 0;
    json_.begin();
  };
  json_.begin();
  for (const Record& record : records) {
    if (record.entry != nullptr)
      write(*record.entry);
    else
      write(*record.story);
    ++in_request;
    if (json_.spans() >= spans_most_) send();
  }
  send();
  return lost;
}

void DeliverySpans::write_inner(const tracing::TraceContext& parent, std::int64_t number,
                                std::string_view name, WallTime from, WallTime until) {
  const std::array<std::int64_t, 1> numbers{number};
  json_.add({.context = {parent.trace, tracing::derived_span(parent, numbers), parent.flags},
             .parent = parent.span,
             .name = name,
             .from = from,
             .until = until});
}

void DeliverySpans::write(const flow::Entry& entry) {
  Attributes attributes;
  attributes.add("dispatch.event_id", entry.texts[flow::Entry::event_id]);
  attributes.add("dispatch.entity_id", entry.texts[flow::Entry::entity_id]);
  attributes.add("dispatch.correlation_id", entry.texts[flow::Entry::correlation_id]);
  json_.add({.context = entry.trace,
             .parent = entry.parent,
             .remote_parent = entry.parent != tracing::SpanId{},
             .name = "ingest",
             .kind = SpanKind::consumer,
             .from = entry.from,
             .until = entry.committed,
             .attributes = attributes.all()});
  write_inner(entry.trace, commit_number, "commit", entry.staged, entry.committed);
}

void DeliverySpans::write(const flow::Story& story) {
  // What comes before and after the request stands beside it, below the event; each with an id of the
  // request's.
  const auto beside = [&](std::int64_t number, std::string_view name, WallTime from, WallTime until) {
    const std::array<std::int64_t, 1> numbers{number};
    json_.add({.context = {story.trace.trace, tracing::derived_span(story.trace, numbers), story.trace.flags},
               .parent = story.ingest,
               .name = name,
               .from = from,
               .until = until});
  };
  for (std::size_t i = 0; i < story.waited; ++i) {
    const flow::Wait& wait = story.waits[i];
    beside(wait_number + static_cast<std::int64_t>(i), name_of(wait.why), wait.from, wait.until);
  }
  if (!story.with_acceptance) beside(commit_number, "commit", story.staged, story.sent);
  if (story.by == Transition::retry && story.due > story.ended)
    beside(retry_number, name_of(flow::Hold::retry), story.ended, story.due);
  const bool no_request = story.outcome == OutcomeKind::withdrawn || story.outcome == OutcomeKind::not_meant;
  if (no_request) return;

  const WallTime began = std::max(story.ended - story.took, story.sent);
  if (began - story.sent > handover)
    beside(wait_number + static_cast<std::int64_t>(story.waited), name_of(flow::Hold::permit), story.sent,
           began);
  Attributes attributes;
  const std::string status = story.status > 0 ? std::to_string(story.status) : std::string{};
  const std::string url = url_ == SpanUrl::origin ? origin_of(story.texts[flow::Story::url])
                                                  : without_credentials(story.texts[flow::Story::url]);
  attributes.add("http.request.method", "POST");
  if (story.status > 0) attributes.add("http.response.status_code", std::int64_t{story.status});
  attributes.add("server.address", story.texts[flow::Story::host]);
  attributes.add("server.port", port_of(story.texts[flow::Story::url]));
  attributes.add("url.full", url);
  if (story.attempt > 1) attributes.add("http.request.resend_count", std::int64_t{story.attempt} - 1);
  const bool failed = story.by != Transition::succeed;
  if (failed) attributes.add("error.type", status.empty() ? story.outcome_name : std::string_view{status});
  attributes.add("dispatch.event_id", story.texts[flow::Story::event_id]);
  attributes.add("dispatch.entity_id", story.texts[flow::Story::entity_id]);
  attributes.add("dispatch.correlation_id", story.texts[flow::Story::correlation_id]);
  attributes.add("dispatch.subscription", story.texts[flow::Story::subscription]);
  attributes.add("dispatch.attempt", std::int64_t{story.attempt});
  if (story.generation > 0) attributes.add("dispatch.generation", story.generation);
  if (story.by == Transition::bury) attributes.add("dispatch.dead_letter", std::string_view{"true"});
  json_.add({.context = story.trace,
             .parent = story.ingest,
             .name = "POST",
             .kind = SpanKind::client,
             .from = began,
             .until = story.ended,
             .attributes = attributes.all(),
             .link = story.ingest,
             .failed = failed,
             .why = story.error});
}

}  // namespace dispatch::telemetry
