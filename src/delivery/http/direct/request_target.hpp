#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

namespace dispatch::delivery {

/// What a URL says about a request.
struct RequestTarget {
  bool secure = false;  ///< https
  /// Scheme, host and port. Requests to the same one may use the same connection.
  std::string place;
  /// The request line and the Host field: "POST /path HTTP/1.1\r\nHost: host\r\n".
  std::string start;
};

/// Reads a URL as libcurl reads it. Nothing for a URL that only libcurl's own requests serve: other schemes,
/// credentials, IPv6 zones, and names beyond ASCII.
std::optional<RequestTarget> parse_request_target(const std::string& url);

/// Remembers the targets of the URLs that were asked for last. Used by one thread.
class RequestTargets {
 public:
  /// At most `most` URLs are kept.
  explicit RequestTargets(std::size_t most = 4'096) : most_(most) {}

  /// Null for a URL that parse_request_target() does not read. Valid until the next call.
  const RequestTarget* find(const std::string& url);

  std::size_t size() const { return targets_.size(); }

 private:
  const std::size_t most_;
  std::unordered_map<std::string, std::optional<RequestTarget>> targets_;
};

}  // namespace dispatch::delivery
