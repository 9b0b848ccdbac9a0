#include "delivery/http/http2/http2_answer.hpp"

#include <charconv>

namespace dispatch::delivery {

void Http2Answer::begin() {
  answered_ = false;
  status_ = 0;
  header_bytes_ = body_bytes_ = 0;
  retry_after_.clear();
  excerpt_.clear();
}

bool Http2Answer::header(std::string_view name, std::string_view value) {
  header_bytes_ += name.size() + value.size() + 32;  // as RFC 9113, 6.5.2 counts
  if (headers_too_large()) return false;
  if (answered_) return true;  // a trailer
  if (name == ":status") {     // three digits, as nghttp2 makes sure
    std::from_chars(value.data(), value.data() + value.size(), status_);
    retry_after_.clear();  // of an answer that only announced this one
  } else if (name == "retry-after" && retry_after_.empty()) {
    retry_after_ = value;
  }
  return true;
}

void Http2Answer::end_of_headers() {
  if (status_ >= 200) answered_ = true;
}

bool Http2Answer::body(std::string_view bytes) {
  if (excerpt_.size() < options_.excerpt_most)
    excerpt_.append(bytes.substr(0, options_.excerpt_most - excerpt_.size()));
  body_bytes_ += bytes.size();
  return body_bytes_ <= options_.body_most;
}

}  // namespace dispatch::delivery
