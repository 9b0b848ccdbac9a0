#pragma once

#include "delivery/http/http_options.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// What has come of the answer to one request over HTTP/2. Uses bounded memory.
class Http2Answer {
 public:
  /// `options` is borrowed.
  explicit Http2Answer(const HttpOptions& options) : options_(options) {}

  /// Starts the next answer.
  void begin();

  /// Takes a header field, pseudo-headers and trailers too. Returns false to stop reading.
  bool header(std::string_view name, std::string_view value);
  /// Call it at the end of each block of header fields.
  void end_of_headers();
  /// Takes a piece of the body. Returns false to stop reading.
  bool body(std::string_view bytes);

  /// True once the final status and its header fields are complete: from then on the attempt is answered,
  /// even if the body fails.
  bool is_answered() const { return answered_; }
  bool headers_too_large() const { return header_bytes_ > options_.headers_most; }
  int status() const { return status_; }
  /// Empty if the answer has none.
  const std::string& retry_after() const { return retry_after_; }
  /// The first bytes of the body.
  std::string take_excerpt() { return std::move(excerpt_); }

 private:
  const HttpOptions& options_;
  bool answered_ = false;
  int status_ = 0;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::string retry_after_;
  std::string excerpt_;
};

}  // namespace dispatch::delivery
