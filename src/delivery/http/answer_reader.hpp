#pragma once

#include "delivery/http/http_options.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// Reads one attempt's answer as it comes, header line by header line and then the body, and says where it is
/// not to be read on. What it keeps does not grow with the answer.
class AnswerReader {
 public:
  /// `options` is borrowed.
  explicit AnswerReader(const HttpOptions& options) : options_(options) {}

  /// Another attempt begins.
  void reset();

  /// A header line with its line end, an empty one included; `status` is that of the last status line. False
  /// where the answer is not to be read on.
  bool header(std::string_view line, int status);
  /// A piece of the body. False where no more of it is wanted.
  bool body(std::string_view bytes);

  /// True once the status and the headers of the last answer are whole: from then on the attempt is answered,
  /// whatever becomes of the body.
  bool answered() const { return answered_; }
  bool headers_too_large() const { return headers_too_large_; }
  /// Why an answer that libcurl would take is refused; null where it is not.
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
