#include "delivery/http/headers.hpp"

#include "base/version.hpp"
#include "delivery/cloud_event.hpp"
#include "delivery/signature.hpp"
#include "event/reserved_header.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

namespace dispatch::delivery {
namespace {

bool is_printable(char c) {
  return c > ' ' && c < '\x7f';
}

void append_percent(std::string& out, char c) {
  out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
}

bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view{"!#$&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

/// A name that is a token (RFC 9110, 5.6.2); other bytes, and percent with them, become %XX.
std::string header_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (is_token_char(c))
      name += c;
    else
      append_percent(name, c);
  }
  return name;
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

struct Field {
  std::string name;
  std::string value;
};
using Fields = std::vector<Field>;

bool is_content_type(const Field& field) {
  return folded_header_name(field.name) == "content-type";
}

/// True for a name that some receivers take for Content-Type and others do not: "Content_Type". The type of
/// the body must be the same to all of them.
bool is_mistaken_for_content_type(std::string_view name) {
  return folded_header_name(name) == "content-type" && lower_case(name) != "content-type";
}

/// True where the event's own traceparent is what its trace continues.
bool is_continued(const Fields& own, const tracing::TraceContext& trace) {
  return std::any_of(own.begin(), own.end(), [&](const Field& field) {
    if (lower_case(field.name) != "traceparent") return false;
    const auto parent = tracing::parse_traceparent(field.value);
    return parent && parent->trace == trace.trace;
  });
}

/// Takes out what our own traceparent takes the place of, and a tracestate that does not belong to it.
void leave_tracing_to_us(Fields& fields, bool continued) {
  std::erase_if(fields, [&](const Field& field) {
    const auto name = lower_case(field.name);
    return name == "traceparent" || (name == "tracestate" && !continued);
  });
}

/// The fields of a JSON object of strings, without those that cannot be set. `whose` says whose they are.
Result<Fields> read_fields(const std::string& json, std::string_view whose) {
  Fields fields;
  if (json.empty()) return fields;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json).get(object) != simdjson::SUCCESS)
    return fail("the {}'s headers are not a JSON object of strings", whose);
  for (const auto& [name, element] : object) {
    std::string_view value;
    if (element.get(value) != simdjson::SUCCESS)
      return fail("the {}'s header {} is not a string", whose, name);
    if (!name.empty() && !is_reserved_header(name) && !is_mistaken_for_content_type(name))
      fields.push_back({header_name(name), header_value(value)});
  }
  return fields;
}

/// The fields that are not ours to choose: the event's, then the subscription's.
Result<Fields> own_fields(const Outgoing& outgoing) {
  auto fields = read_fields(outgoing.headers, "event");
  if (fields && outgoing.trace) leave_tracing_to_us(*fields, is_continued(*fields, outgoing.trace));
  const auto* const subscription = outgoing.subscription.get();
  if (!fields || subscription == nullptr) return fields;
  auto theirs = read_fields(subscription->headers, "subscription");
  if (!theirs) return theirs;
  if (outgoing.trace) leave_tracing_to_us(*theirs, false);

  if (!subscription->transform.empty() || subscription->body == BodyMode::envelope)
    std::erase_if(*fields, is_content_type);
  std::erase_if(*fields, [&](const Field& field) {
    return std::any_of(theirs->begin(), theirs->end(), [&](const Field& other) {
      return folded_header_name(other.name) == folded_header_name(field.name);
    });
  });
  std::move(theirs->begin(), theirs->end(), std::back_inserter(*fields));
  if (subscription->body == BodyMode::structured) std::erase_if(*fields, is_content_type);
  if (subscription->body == BodyMode::binary)
    std::erase_if(*fields,
                  [](const Field& field) { return folded_header_name(field.name).starts_with("ce-"); });
  return fields;
}

Result<> add_signatures(const Outgoing& outgoing, const std::string& timestamp, WallTime now,
                        HeaderLines& lines) {
  const std::string id = webhook_id(outgoing.event_id);
  const auto signatures =
      sign(outgoing.subscription->secrets, {.id = id, .timestamp = timestamp, .body = outgoing.payload}, now);
  if (!signatures) return tl::unexpected(signatures.error());
  if (signatures->dispatch.empty()) return {};
  lines.add("X-Dispatch-Signature", signatures->dispatch);
  lines.add("webhook-id", id);
  lines.add("webhook-timestamp", timestamp);
  lines.add("webhook-signature", signatures->standard);
  return {};
}

}  // namespace

void HeaderLines::clear() {
  clear(form_);
}

void HeaderLines::clear(Form form) {
  form_ = form;
  has_accept_ = false;
  text_.clear();
  starts_.clear();
}

void HeaderLines::add(std::string_view name, std::string_view value) {
  constexpr std::string_view accept = "accept";
  if (name.size() == accept.size() && lower_case(name) == accept) has_accept_ = true;
  starts_.push_back(text_.size());
  text_ += name;
  if (value.empty()) {
    text_ += form_ == Form::wire ? ':' : ';';  // ';': libcurl's way to say: a field without value
  } else {
    text_ += ": ";
    text_ += value;
  }
  if (form_ == Form::wire)
    text_ += "\r\n";
  else
    text_ += '\0';
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_printable(c) && c != '"' && c != '%')
      encoded += c;
    else
      append_percent(encoded, c);
  }
  return encoded;
}

std::string structured_string(std::string_view text) {
  std::string quoted{'"'};
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if ((is_printable(c) || c == ' ') && c != '%') {
      quoted += c;
    } else {
      append_percent(quoted, c);
    }
  }
  quoted += '"';
  return quoted;
}

std::string header_value(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool inner_space = (c == ' ' || c == '\t') && i > 0 && i + 1 < text.size();
    if (is_printable(c) || inner_space)
      value += c;
    else
      append_percent(value, c);
  }
  return value;
}

Result<> write_headers(const Outgoing& outgoing, WallTime now, HeaderLines& lines) {
  lines.clear();
  DISPATCH_ASSIGN(const auto own, own_fields(outgoing));
  const auto body = outgoing.subscription ? outgoing.subscription->body : BodyMode::payload;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  const std::string timestamp = std::to_string(seconds.count());

  if (std::none_of(own.begin(), own.end(), is_content_type))
    lines.add("Content-Type",
              body == BodyMode::structured ? "application/cloudevents+json" : "application/json");
  lines.add("User-Agent", product());
  lines.add("Idempotency-Key", structured_string(outgoing.event_id));
  lines.add("X-Dispatch-Event-ID", percent_encoded(outgoing.event_id));
  if (!outgoing.type.empty()) lines.add("X-Dispatch-Event-Type", percent_encoded(outgoing.type));
  if (outgoing.entity_id) lines.add("X-Dispatch-Entity-ID", percent_encoded(*outgoing.entity_id));
  if (outgoing.sequence)
    lines.add("X-Dispatch-Sequence", fmt::format_int{outgoing.sequence->value()}.c_str());
  lines.add("X-Dispatch-Attempt", fmt::format_int{outgoing.attempt}.c_str());
  if (outgoing.generation > 0)
    lines.add("X-Dispatch-Generation", fmt::format_int{outgoing.generation}.c_str());
  lines.add("X-Dispatch-Timestamp", timestamp);
  if (outgoing.trace) lines.add("traceparent", tracing::traceparent(outgoing.trace));
  if (outgoing.subscription) DISPATCH_TRY(add_signatures(outgoing, timestamp, now, lines));
  if (body == BodyMode::binary)
    for (const auto& attribute : cloud_event_attributes(outgoing))
      lines.add("ce-" + std::string{attribute.name}, percent_encoded(attribute.value));
  for (const auto& field : own) lines.add(field.name, field.value);
  return {};
}

}  // namespace dispatch::delivery
