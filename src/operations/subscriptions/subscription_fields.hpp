#pragma once

#include "base/error.hpp"
#include "base/text/url_text.hpp"
#include "event/subscription.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// How a subscription is written and read by people: in options, in a subscriptions file, in listings. One
// spelling for all of them.

namespace dispatch::operations {

/// Each reads one field from text as it was written; what it says of a wrong text begins with the text.
Result<BodyMode> parse_body_mode(std::string_view text);
Result<std::size_t> parse_concurrency(std::string_view text);
Result<unsigned> parse_attempts(std::string_view text);
Result<std::string> parse_statuses(std::string_view text);

/// For one request: from 1ms to 24h, as libcurl counts in milliseconds, and 0 would mean for ever.
Result<std::chrono::milliseconds> parse_timeout(std::string_view text);

/// "payload", "envelope", "cloudevents", "cloudevents-binary".
std::string_view to_text(BodyMode mode);

/// The JSON object of headers that are given as "Name: value" each; empty for none.
Result<std::string> headers_from_lines(const std::vector<std::string>& lines);
/// The same from JSON, checked: an object of strings.
Result<std::string> headers_from_json(std::string_view json);
/// The names in such an object, in their order.
std::vector<std::string> header_names(std::string_view json);

/// Checks what the fields say together and by themselves, compiles its programs, and brings url, host and
/// types into the form that is stored. Misuse says which field is wrong, without naming the subscription.
/// `schemes` are those of the URLs that events can be delivered to.
Result<> settle_definition(Subscription& subscription, UrlSchemes schemes);

/// One field of a definition as it is shown and compared. Secrets are none of these.
struct FieldText {
  std::string_view name;
  std::string text;  ///< empty: as the run says, or none
  friend bool operator==(const FieldText&, const FieldText&) = default;
};

/// All fields but the id, always the same ones in the same order, named as in a subscriptions file. Of
/// headers only the names are told, as a value may be a credential.
std::vector<FieldText> definition_fields(const Subscription& subscription);

}  // namespace dispatch::operations
