#include "operations/subscriptions/subscription_fields.hpp"

#include "base/text/json.hpp"
#include "base/text/units.hpp"
#include "base/text/whole_number.hpp"
#include "ingest/framing/frame.hpp"
#include "ingest/line/fields.hpp"
#include "jq/program.hpp"
#include "policy/classify.hpp"
#include "policy/rate.hpp"
#include "routing/pattern.hpp"
#include "routing/url.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace dispatch::operations {
namespace {

constexpr std::array<std::string_view, 4> body_mode_names{"payload", "envelope", "cloudevents",
                                                          "cloudevents-binary"};
constexpr std::size_t id_most = 255;
constexpr std::size_t program_most = std::size_t{64} * 1024;

/// An id is typed, listed and named in messages.
Result<> check_id(std::string_view id) {
  if (id.empty() || id.size() > id_most)
    return misuse("the id has {} bytes; it must have 1 to {}", id.size(), id_most);
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':' || c == '@';
  };
  if (id.front() == '-' || !std::all_of(id.begin(), id.end(), plain))
    return misuse("the id {} may hold letters, digits and any of -_.:@ and not begin with a dash",
                  ingest::in_quotes(id));
  return {};
}

Result<> settle_types(std::vector<std::string>& types) {
  if (types.empty()) return misuse("types: at least one pattern is needed; '*' is for all events");
  for (const auto& type : types)
    if (const auto pattern = routing::Pattern::parse(type); !pattern)
      return misuse("types: {}", pattern.error().message);
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return {};
}

Result<> check_program(std::string_view field, const std::string& text) {
  if (text.empty()) return {};
  if (text.size() > program_most)
    return misuse("{}: the program is {} bytes long; the most is {}", field, text.size(), program_most);
  const auto program = jq::Program::compile(text);
  if (program) return {};
  const bool wrong = program.error().cause == jq::RunError::Cause::program;
  return tl::unexpected(
      Error{wrong ? Failure::usage : Failure::failed, fmt::format("{}: {}", field, program.error().message)});
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string with_padding(std::string_view json) {
  std::string padded{json};
  return padded.append(ingest::frame_padding, ' ');
}

template <class T>
std::string number_text(const std::optional<T>& number) {
  return number ? std::to_string(*number) : std::string{};
}

}  // namespace

Result<BodyMode> parse_body_mode(std::string_view text) {
  const auto* const found = std::find(body_mode_names.begin(), body_mode_names.end(), text);
  if (found == body_mode_names.end())
    return misuse("'{}' is not a body mode; use payload, envelope, cloudevents or cloudevents-binary", text);
  return static_cast<BodyMode>(found - body_mode_names.begin());
}

std::string_view to_text(BodyMode mode) {
  return body_mode_names[static_cast<std::size_t>(mode)];
}

Result<std::size_t> parse_concurrency(std::string_view text) {
  return WholeNumber{1, 100'000}(text);
}

Result<unsigned> parse_attempts(std::string_view text) {
  const auto number = WholeNumber{1, 1'000}(text);
  if (!number) return tl::unexpected(number.error());
  return static_cast<unsigned>(*number);
}

Result<std::chrono::milliseconds> parse_timeout(std::string_view text) {
  DISPATCH_ASSIGN(const auto duration, parse_duration(text));
  const auto timeout = std::chrono::floor<std::chrono::milliseconds>(duration);
  if (timeout < std::chrono::milliseconds{1} || timeout > std::chrono::hours{24})
    return misuse("'{}' is not between 1ms and 24h", text);
  return timeout;
}

Result<std::string> parse_statuses(std::string_view text) {
  DISPATCH_TRY(policy::parse_status_table(text));
  return std::string{text};
}

Result<std::string> headers_from_json(std::string_view json) {
  const std::string padded = with_padding(json);
  ingest::DocumentParser parser;
  const auto document = parser.parse(std::string_view{padded}.substr(0, json.size()));
  if (!document) return misuse("{}", document.error());
  const auto headers = ingest::read_headers({ingest::Field::headers, "headers", *document});
  if (!headers) {
    constexpr std::string_view field = "headers: ";  // whoever asks says so already
    std::string_view why = headers.error();
    if (why.starts_with(field)) why.remove_prefix(field.size());
    return misuse("{}", why);
  }
  return std::string{headers->json};
}

std::vector<std::string> header_names(std::string_view json) {
  std::vector<std::string> names;
  if (json.empty()) return names;
  const std::string padded = with_padding(json);
  ingest::DocumentParser parser;
  if (const auto document = parser.parse(std::string_view{padded}.substr(0, json.size())))
    ingest::for_each_member(*document,
                            [&](std::string_view name, const ingest::Value&) { names.emplace_back(name); });
  return names;
}

Result<std::string> headers_from_lines(const std::vector<std::string>& lines) {
  std::string json;
  {
    JsonObject object{json};
    for (const auto& line : lines) {
      const auto colon = line.find(':');
      if (colon == std::string::npos)
        return misuse("{} is not a header; write its name, a colon and its value", ingest::in_quotes(line));
      const auto start = line.find_first_not_of(" \t", colon + 1);
      const auto end = line.find_last_not_of(" \t");
      object.add(line.substr(0, colon),
                 start == std::string::npos ? std::string{} : line.substr(start, end + 1 - start));
    }
  }
  return headers_from_json(json);
}

Result<> settle_definition(Subscription& subscription, UrlSchemes schemes) {
  DISPATCH_TRY(check_id(subscription.id));
  auto url = routing::parse_url(subscription.url, schemes);
  if (!url) return misuse("url: {}", url.error().message);
  subscription.url = std::move(url->text);
  subscription.host = std::move(url->host);
  DISPATCH_TRY(settle_types(subscription.event_types));
  DISPATCH_TRY(check_program("filter", subscription.filter));
  return check_program("transform", subscription.transform);
}

std::vector<FieldText> definition_fields(const Subscription& subscription) {
  return {{"url", subscription.url},
          {"types", joined(subscription.event_types)},
          {"filter", subscription.filter},
          {"transform", subscription.transform},
          {"body", std::string{to_text(subscription.body)}},
          {"headers", joined(header_names(subscription.headers))},
          {"rate", policy::format_rate(subscription.rate)},
          {"concurrency", number_text(subscription.concurrency)},
          {"timeout", subscription.timeout ? format_duration(*subscription.timeout) : std::string{}},
          {"attempts", number_text(subscription.attempts)},
          {"on_status", subscription.statuses},
          {"deny_private", subscription.deny_private ? "true" : "false"}};
}

}  // namespace dispatch::operations
