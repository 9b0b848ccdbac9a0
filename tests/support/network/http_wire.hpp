#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::test {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// A request as it was read from a connection.
struct WireRequest {
  std::string method;
  std::string target;
  HeaderFields headers;
  std::string body;
  bool keep_alive = true;

  /// The value of the first field of that name, in whatever case; nothing where there is none.
  std::optional<std::string> header(std::string_view name) const;
};

/// The first request in `bytes`, once it is there whole; removes it from `bytes`. Bodies come with
/// Content-Length. Nothing while more must be read. Throws std::runtime_error on what is not such a request.
std::optional<WireRequest> take_request(std::string& bytes);

/// An answer's status line and headers, with Content-Length, up to the empty line.
std::string answer_head(int status, const HeaderFields& headers, std::size_t body_bytes);

}  // namespace dispatch::test
