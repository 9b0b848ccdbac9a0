#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/outgoing.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// The header fields of one request as lines "Name: value" in one buffer. Names and values must be valid for
/// HTTP.
class HeaderLines {
 public:
  enum class Form {
    libcurl,  ///< each ended by a NUL, so that libcurl can point to them without a copy
    wire,     ///< as they are sent
  };
  explicit HeaderLines(Form form = Form::libcurl) : form_(form) {}

  void clear();
  /// Starts anew in this form.
  void clear(Form form);
  void add(std::string_view name, std::string_view value);
  std::size_t size() const { return starts_.size(); }
  /// Only of the form for libcurl. NUL-terminated; valid until the next change.
  char* line(std::size_t index) { return text_.data() + starts_[index]; }
  std::string_view line(std::size_t index) const { return text_.data() + starts_[index]; }
  /// All lines in a row.
  std::string_view text() const { return text_; }
  /// True if a field is named Accept, in any case.
  bool has_accept() const { return has_accept_; }

 private:
  Form form_;
  bool has_accept_ = false;
  std::string text_;
  std::vector<std::size_t> starts_;
};

/// Encodes a text for a header as the CloudEvents HTTP binding (1.0.2, 3.1.3.2) requires: space, double
/// quote, percent and everything but printable ASCII become %XX, byte by byte.
std::string percent_encoded(std::string_view text);

/// Encodes `text` as a quoted structured-field string (RFC 8941, 3.3.3), as the Idempotency-Key draft
/// requires. Quote and backslash are escaped. Characters that such a string cannot hold become %XX; percent
/// too, so that different texts stay different.
std::string structured_string(std::string_view text);

/// Encodes the value of a header that came with the event. Visible ASCII, spaces and tabs stay as they are,
/// because credentials and media types need them; control characters, bytes beyond ASCII, and spaces at the
/// ends become %XX.
std::string header_value(std::string_view text);

/// Replaces `lines` by the header fields of a request for `outgoing` that starts at `now` (DESIGN.md, "On the
/// wire"), signed with the secrets that are valid then. The payload of `outgoing` must be the body to send.
///
/// The event's own headers and those of the subscription come last, without the reserved ones; if both have a
/// header, the subscription's is sent. The subscription's Content-Type applies unless the body is a
/// CloudEvent; the event's applies only if the body is its own payload.
///
/// With a trace, `traceparent` is the context of this request and replaces theirs; the event's `tracestate`
/// is sent with it if the trace is that of the event's own `traceparent`. Without a trace, both headers are
/// treated like any other.
///
/// Fails if headers are not a JSON object of strings, or if a secret is not a valid key.
Result<> write_headers(const Outgoing& outgoing, WallTime now, HeaderLines& lines);

}  // namespace dispatch::delivery
