#pragma once

#include "base/error.hpp"
#include "base/text/url_text.hpp"
#include "event/subscription.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// How people write and read a subscription: in options, in a subscriptions file and in listings, always in
// the same form.

namespace dispatch::operations {

/// These parse one field from text; an error message begins with the text.
Result<BodyMode> parse_body_mode(std::string_view text);
Result<std::size_t> parse_concurrency(std::string_view text);
Result<unsigned> parse_attempts(std::string_view text);
Result<std::string> parse_statuses(std::string_view text);

/// The timeout of one request: from 1ms to 24h. libcurl counts milliseconds, and 0 would mean no limit.
Result<std::chrono::milliseconds> parse_timeout(std::string_view text);

/// "payload", "envelope", "cloudevents", "cloudevents-binary".
std::string_view to_text(BodyMode mode);

/// Builds the JSON object of headers from lines "Name: value"; empty for no lines.
Result<std::string> headers_from_lines(const std::vector<std::string>& lines);
/// Checks that the JSON is an object of header strings, and returns it.
Result<std::string> headers_from_json(std::string_view json);
/// The header names in such an object, in their order.
std::vector<std::string> header_names(std::string_view json);

/// Validates the fields alone and together, compiles the programs, and brings url, host and types into the
/// stored form. The misuse message names the field but not the subscription. `schemes` are the URL schemes
/// that this program can deliver to.
Result<> settle_definition(Subscription& subscription, UrlSchemes schemes);

/// One field of a definition as it is shown and compared. Secrets are not included.
struct FieldText {
  std::string_view name;
  std::string text;  ///< empty: not set
  friend bool operator==(const FieldText&, const FieldText&) = default;
};

/// All fields but the id, always in the same order, named as in a subscriptions file. Of headers only the
/// names are included, because a value may be a credential.
std::vector<FieldText> definition_fields(const Subscription& subscription);

}  // namespace dispatch::operations
