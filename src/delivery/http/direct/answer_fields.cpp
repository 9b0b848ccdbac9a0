#include "delivery/http/direct/answer_fields.hpp"

#include "delivery/http/direct/wire_text.hpp"

#include <algorithm>
#include <limits>

namespace dispatch::delivery {
namespace {

constexpr std::uint64_t length_most = std::numeric_limits<std::int64_t>::max();

}  // namespace

void AnswerFields::begin() {
  status_ = 0;
  version_10_ = close_ = told_to_close_ = chunked_ = coded_ = ignore_length_ = false;
  after_retry_after_ = has_retry_after_ = false;
  clean_ = true;
  length_.reset();
  retry_after_.clear();
}

void AnswerFields::begin_head(int status, bool version_10) {
  status_ = status;
  version_10_ = version_10;
  if (version_10) close_ = true;
  if (version_10 && status < 200) clean_ = false;  // it has no announcements
  after_retry_after_ = false;
}

bool AnswerFields::is_clean() const {
  // Two lengths: a proxy that uses the other one would end this answer elsewhere (RFC 9112, 6.3).
  return clean_ && !(chunked_ && (length_ || version_10_));
}

bool AnswerFields::read(std::string_view name, std::string_view value) {
  after_retry_after_ = false;
  switch (name.size()) {
    case 10:
      if (is_word(name, "connection")) connection(value);
      break;
    case 11:
      if (status_ >= 200 && !has_retry_after_ && is_word(name, "retry-after")) {
        has_retry_after_ = after_retry_after_ = true;
        retry_after_ = without_trailing_space(without_leading_blanks(value.substr(0, value.find('\r'))));
      }
      break;
    case 14:
      if (is_word(name, "content-length")) return content_length(value);
      break;
    case 17:
      if (is_word(name, "transfer-encoding")) transfer_encoding(value);
      break;
    default:
      break;
  }
  return true;
}

/// A folded line (RFC 9112, 5.2) continues the value before it. A time that only begins there is ignored.
void AnswerFields::fold(std::string_view text) {
  clean_ = false;
  if (!after_retry_after_ || retry_after_.empty()) return;
  text = without_trailing_space(text.substr(0, text.find('\r')));
  while (text.size() > 1 && is_blank(text[0]) && is_blank(text[1])) text.remove_prefix(1);
  retry_after_ += text;
}

void AnswerFields::connection(std::string_view value) {
  if (contains_word(value, "close"))
    close_ = told_to_close_ = true;
  else if (version_10_ && !told_to_close_ && contains_word(value, "keep-alive"))
    close_ = false;
}

bool AnswerFields::content_length(std::string_view value) {
  value = without_leading_blanks(value);
  if (has_no_body()) {  // a server that sends the body all the same would answer the next request with it
    if (status_ >= 200 && without_trailing_space(value) != "0") clean_ = false;
    return true;
  }
  if (value.starts_with('+')) {
    value.remove_prefix(1);
    clean_ = false;
  }
  std::uint64_t number = 0;
  bool overflow = false;
  std::size_t digits = 0;
  for (; digits < value.size() && is_digit(value[digits]); ++digits) {
    const auto digit = static_cast<std::uint64_t>(value[digits] - '0');
    overflow = overflow || number > (length_most - digit) / 10;
    if (!overflow) number = number * 10 + digit;
  }
  if (digits == 0) return false;
  if (!without_trailing_space(value.substr(digits)).empty()) clean_ = false;
  if (overflow) {
    close_ = true;
    clean_ = false;
    return true;
  }
  if (length_ && *length_ != number) clean_ = false;
  length_ = number;
  return true;
}

void AnswerFields::transfer_encoding(std::string_view value) {
  if (has_no_body()) {
    if (status_ >= 200) clean_ = false;
    return;
  }
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    const auto coding = without_trailing_space(without_leading_blanks(value.substr(0, comma)));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (is_word(coding, "chunked")) {
      if (chunked_) clean_ = false;
      chunked_ = true;
    } else if (!coding.empty()) {
      clean_ = false;
      if (!is_word(coding, "identity")) coded_ = true;
    }
  }
  if (chunked_) return;
  close_ = ignore_length_ = true;
}

}  // namespace dispatch::delivery
