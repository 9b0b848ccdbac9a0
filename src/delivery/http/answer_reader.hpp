#pragma once

#include "delivery/http/http_options.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// Reads the answer to one attempt piece by piece, headers and then body, and decides when to stop reading.
/// Uses bounded memory.
class AnswerReader {
 public:
  /// `options` is borrowed.
  explicit AnswerReader(const HttpOptions& options) : options_(options) {}

  /// Starts the next attempt.
  void reset();

  /// Takes a header line with its line end; an empty line too. `status` is that of the last status line.
  /// Returns false to stop reading the answer.
  bool header(std::string_view line, int status);
  /// Takes a piece of the body. Returns false to stop reading.
  bool body(std::string_view bytes);

  /// True once the status and the headers of the last answer are complete: from then on the attempt is
  /// answered, even if the body fails.
  bool answered() const { return answered_; }
  bool headers_too_large() const { return headers_too_large_; }
  /// Why an answer is refused that libcurl would accept; null: it is accepted.
  const char* complaint() const { return complaint_; }
  /// The first bytes of the body.
  std::string take_excerpt() { return std::move(excerpt_); }

 private:
  const HttpOptions& options_;
  bool answered_ = false;
  bool at_status_line_ = true;
  bool headers_too_large_ = false;
  const char* complaint_ = nullptr;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::string excerpt_;
};

}  // namespace dispatch::delivery
