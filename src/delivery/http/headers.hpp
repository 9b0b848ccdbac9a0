#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/outgoing.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// The header fields of one request as lines "Name: value" in one buffer, each ended by a NUL: what libcurl
/// can be pointed at without a copy. Names and values must be fit for the wire.
class HeaderLines {
 public:
  void clear();
  void add(std::string_view name, std::string_view value);
  std::size_t size() const { return starts_.size(); }
  /// NUL-terminated; valid until the next change.
  char* line(std::size_t index) { return text_.data() + starts_[index]; }
  std::string_view line(std::size_t index) const { return text_.data() + starts_[index]; }

 private:
  std::string text_;
  std::vector<std::size_t> starts_;
};

/// What the CloudEvents HTTP binding (1.0.2, 3.1.3.2) makes of a text in a header: space, double quote,
/// percent and all that is not printable ASCII become %XX, byte by byte.
std::string percent_encoded(std::string_view text);

/// `text` as a quoted structured-field string (RFC 8941, 3.3.3), as the Idempotency-Key draft wants it. Quote
/// and backslash are escaped; what such a string cannot hold, and percent so that no two texts become one,
/// becomes %XX.
std::string structured_string(std::string_view text);

/// The value of a header that came with the event. Visible ASCII, spaces and tabs stay as they are, because
/// credentials and media types need them; control characters, bytes beyond ASCII, and spaces at the ends
/// become %XX.
std::string header_value(std::string_view text);

/// Replaces `lines` by the header fields of a request for `outgoing` that starts at `now` (DESIGN.md, "On the
/// wire"), signed with the secrets that its subscription has then. Its payload is the body as it is sent.
///
/// The event's own headers and those of the subscription come last, without the reserved ones; where both
/// have one, that of the subscription is sent. Theirs is Content-Type too, unless the body is a CloudEvent,
/// and the event's only where the body is its own payload.
///
/// With a trace, `traceparent` is that of this request, in place of theirs; the event's `tracestate` goes
/// with it where the trace is that of its own `traceparent`. Without one theirs are as any other.
///
/// Fails where headers are not a JSON object of strings, or a secret stands for no key.
Result<> write_headers(const Outgoing& outgoing, WallTime now, HeaderLines& lines);

}  // namespace dispatch::delivery
