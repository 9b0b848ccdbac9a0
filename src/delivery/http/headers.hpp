#pragma once

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

/// Replaces `lines` by the header fields of a request for `outgoing` (DESIGN.md, "On the wire"). The event's
/// own headers come last; they may replace Content-Type and no other field that the program sets or that
/// frames the request. Fails where those headers are not a JSON object of strings.
Result<> write_headers(const Outgoing& outgoing, HeaderLines& lines);

}  // namespace dispatch::delivery
