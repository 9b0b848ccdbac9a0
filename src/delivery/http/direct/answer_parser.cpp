#include "delivery/http/direct/answer_parser.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace dispatch::delivery {
namespace {

constexpr std::uint64_t number_most = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t chunk_digits_most = 16;
/// Bytes of chunk framing in one answer, and in one line, which is mostly under 10 bytes.
constexpr std::size_t framing_most = 1024 * 1024;
constexpr std::size_t framing_line_most = 4 * 1024;
/// Memory for incomplete lines that a parser keeps between answers.
constexpr std::size_t kept_most = 16 * 1024;

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// `word` is in lower case.
bool is_word(std::string_view text, std::string_view word) {
  return text.size() == word.size() &&
         std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) { return lower(a) == b; });
}

bool contains_word(std::string_view text, std::string_view word) {
  for (std::size_t i = 0; i + word.size() <= text.size(); ++i)
    if (is_word(text.substr(i, word.size()), word)) return true;
  return false;
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
constexpr bool is_space(char c) {
  return is_blank(c) || (c >= '\n' && c <= '\r');
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_leading_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}
std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// A line without its end.
std::string_view content_of(std::string_view line) {
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// True where another reader could see the end of a line.
bool has_control(std::string_view text) {
  return text.find('\r') != std::string_view::npos || text.find('\0') != std::string_view::npos;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

void AnswerParser::begin() {
  state_ = State::status_line;
  fault_ = Fault::none;
  answered_ = complete_ = close_ = version_10_ = bodyless_ = chunked_ = coded_ = ignore_length_ =
      has_length_ = false;
  after_retry_after_ = has_retry_after_ = told_to_close_ = false;
  silent_ = announced_ = clean_ = true;
  lines_ = 0;
  status_ = 0;
  length_ = left_ = 0;
  header_bytes_ = framing_bytes_ = body_bytes_ = 0;
  if (partial_.capacity() > kept_most) std::string{}.swap(partial_);
  partial_.clear();
  retry_after_.clear();
  excerpt_.clear();
}

std::size_t AnswerParser::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ != State::ended) {
    const auto rest = bytes.substr(taken);
    switch (state_) {
      case State::sized_body:
      case State::endless_body:
      case State::chunk_data:
        taken += take_body(rest);
        break;
      default:
        taken += take_line(rest);
    }
  }
  if (taken < bytes.size()) clean_ = false;  // nobody asked for what follows
  return taken;
}

std::size_t AnswerParser::take_line(std::string_view bytes) {
  const auto end_of_line = bytes.find('\n');
  const bool whole = end_of_line != std::string_view::npos;
  const std::size_t size = whole ? end_of_line + 1 : bytes.size();
  if (state_ == State::chunk_size || state_ == State::chunk_end) {
    framing_bytes_ += size;
    if (framing_bytes_ > framing_most || partial_.size() + size > framing_line_most) {
      end_uncleanly();
      return size;
    }
  } else {
    header_bytes_ += size;
    if (header_bytes_ > limits_.headers_most) {
      end(Fault::headers_too_large);
      return size;
    }
  }
  if (whole && partial_.empty()) {
    line(bytes.substr(0, size));
    return size;
  }
  partial_ += bytes.substr(0, size);
  if (!whole) {
    if (state_ == State::status_line) check_prefix(partial_);
    if (state_ == State::chunk_end && !partial_.starts_with('\r')) end_uncleanly();
    if (state_ == State::chunk_size && hex_digit(partial_.front()) < 0) end_uncleanly();
    return size;
  }
  std::string joined;
  joined.swap(partial_);
  line(joined);
  joined.clear();
  partial_.swap(joined);  // keeps the memory
  return size;
}

std::size_t AnswerParser::take_body(std::string_view bytes) {
  if (state_ == State::endless_body) {
    store(bytes);
    return bytes.size();
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
  left_ -= size;
  store(bytes.substr(0, size));
  if (left_ > 0 || state_ == State::ended) return size;
  if (state_ == State::sized_body)
    end();
  else
    state_ = State::chunk_end;
  return size;
}

void AnswerParser::store(std::string_view body) {
  if (excerpt_.size() < limits_.excerpt_most)
    excerpt_.append(body.substr(0, limits_.excerpt_most - excerpt_.size()));
  body_bytes_ += body.size();
  if (body_bytes_ > limits_.body_most) end_uncleanly();
}

void AnswerParser::end(Fault fault) {
  state_ = State::ended;
  fault_ = fault;
  complete_ = answered_ && fault == Fault::none;
  if (fault != Fault::none) clean_ = false;
}

void AnswerParser::end_uncleanly() {
  end();
  clean_ = complete_ = false;
}

void AnswerParser::end_of_input() {
  if (state_ == State::ended) return;
  clean_ = false;
  if (answered_) return state_ == State::endless_body ? end() : end_uncleanly();
  if (announced_) return end(Fault::closed_silently);
  end(chunked_ || (has_length_ && length_ > 0) ? Fault::closed_before_body : Fault::closed_in_headers);
}

/// Of a protocol that is not HTTP no whole line may ever come.
void AnswerParser::check_prefix(std::string_view begin) {
  constexpr std::string_view http = "http/";
  begin = begin.substr(0, http.size());
  if (!is_word(begin, http.substr(0, begin.size()))) end(Fault::not_http_1);
}

void AnswerParser::line(std::string_view text) {
  if (!text.ends_with("\r\n")) clean_ = false;
  switch (state_) {
    case State::status_line:
      return status_line(text);
    case State::header:
    case State::trailer:
      return header_line(text);
    case State::chunk_size:
      return chunk_size(text);
    default:
      return chunk_end(text);
  }
}

void AnswerParser::status_line(std::string_view text) {
  silent_ = announced_ = false;
  check_prefix(text);
  if (state_ == State::ended) return;
  if (text.find('\0') != std::string_view::npos) return end(Fault::nul);
  text = content_of(text);
  if (!text.starts_with("HTTP/1.0") && !text.starts_with("HTTP/1.1")) return end(Fault::not_http_1);
  if (text.size() > 8 && text[8] != ' ') return end(Fault::not_http_1);
  version_10_ = text[7] == '0';
  const auto first = std::min(text.find_first_not_of(' ', 8), text.size());
  const auto digits = text.substr(first, text.find_first_of(" \r", first) - first);
  if (digits.size() != 3 || !std::all_of(digits.begin(), digits.end(), is_digit) || digits.front() == '0')
    return end(Fault::status_line);
  if (first != 9 || text.find('\r') != std::string_view::npos) clean_ = false;
  status_ = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  bodyless_ = status_ < 200 || status_ == 204 || status_ == 304;
  if (version_10_) close_ = true;
  if (version_10_ && status_ < 200) clean_ = false;  // it has no announcements
  lines_ = 0;
  after_retry_after_ = false;
  state_ = State::header;
}

void AnswerParser::header_line(std::string_view text) {
  if (text.front() == '\n' || text == "\r\n") {
    if (state_ == State::trailer) return end();
    return end_of_head();
  }
  if (state_ == State::trailer) {
    if (text.front() == '\r') return end_uncleanly();
    if (text.find(':') == std::string_view::npos || is_blank(text.front()) || has_control(content_of(text)))
      clean_ = false;
    return;
  }
  ++lines_;
  if (text.find('\0') != std::string_view::npos) return end(Fault::nul);
  if (text.front() == '\r') return end(Fault::stray_carriage_return);
  text = content_of(text);
  if (is_blank(text.front()) && lines_ > 1) return fold(text);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || is_blank(text.front())) return end(Fault::no_colon);
  const auto name = text.substr(0, colon);
  if (name.find('\r') != std::string_view::npos) return end(Fault::no_colon);
  if (name.empty() || is_blank(name.back()) || text.find('\r') != std::string_view::npos) clean_ = false;
  after_retry_after_ = false;
  field(name, text.substr(colon + 1));
}

void AnswerParser::field(std::string_view name, std::string_view value) {
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
      if (is_word(name, "content-length")) content_length(value);
      break;
    case 17:
      if (is_word(name, "transfer-encoding")) transfer_encoding(value);
      break;
    default:
      break;
  }
}

/// A folded line (RFC 9112, 5.2) continues the value before it. A time that only begins there is ignored.
void AnswerParser::fold(std::string_view text) {
  clean_ = false;
  if (!after_retry_after_ || retry_after_.empty()) return;
  text = without_trailing_space(text.substr(0, text.find('\r')));
  while (text.size() > 1 && is_blank(text[0]) && is_blank(text[1])) text.remove_prefix(1);
  retry_after_ += text;
}

void AnswerParser::connection(std::string_view value) {
  if (contains_word(value, "close"))
    close_ = told_to_close_ = true;
  else if (version_10_ && !told_to_close_ && contains_word(value, "keep-alive"))
    close_ = false;
}

void AnswerParser::content_length(std::string_view value) {
  value = without_leading_blanks(value);
  if (bodyless_) {  // a server that sends the body all the same would answer the next request with it
    if (status_ >= 200 && without_trailing_space(value) != "0") clean_ = false;
    return;
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
    overflow = overflow || number > (number_most - digit) / 10;
    if (!overflow) number = number * 10 + digit;
  }
  if (digits == 0) return end(Fault::content_length);
  if (!without_trailing_space(value.substr(digits)).empty()) clean_ = false;
  if (overflow) {
    close_ = true;
    clean_ = false;
    return;
  }
  if (has_length_ && length_ != number) clean_ = false;
  has_length_ = true;
  length_ = number;
}

void AnswerParser::transfer_encoding(std::string_view value) {
  if (bodyless_) {
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

void AnswerParser::end_of_head() {
  if (status_ == 101) return end(Fault::switched_protocols);
  if (status_ < 200) {
    announced_ = true;
    state_ = State::status_line;
    return;
  }
  answered_ = true;
  if (bodyless_) return end();
  // Two lengths: a proxy that uses the other one would end this answer elsewhere (RFC 9112, 6.3).
  if (chunked_ && (has_length_ || version_10_)) clean_ = false;
  if (coded_) return end_uncleanly();
  if (chunked_) {
    state_ = State::chunk_size;
  } else if (has_length_ && !ignore_length_) {
    left_ = length_;
    if (left_ == 0) return end();
    state_ = State::sized_body;
  } else {
    close_ = true;
    state_ = State::endless_body;
  }
}

void AnswerParser::chunk_size(std::string_view text) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && hex_digit(text[digits]) >= 0; ++digits)
    if (digits < chunk_digits_most) size = size << 4 | static_cast<std::uint64_t>(hex_digit(text[digits]));
  if (digits == 0 || digits > chunk_digits_most || size > number_most) return end_uncleanly();
  const auto extension = without_leading_blanks(content_of(text.substr(digits)));
  if (!extension.empty() && extension.front() != ';') clean_ = false;
  if (has_control(extension)) clean_ = false;
  left_ = size;
  state_ = size > 0 ? State::chunk_data : State::trailer;
}

void AnswerParser::chunk_end(std::string_view text) {
  if (content_of(text).find_first_not_of('\r') != std::string_view::npos) return end_uncleanly();
  if (text != "\r\n") clean_ = false;
  state_ = State::chunk_size;
}

std::string AnswerParser::explain() const {
  constexpr std::string_view invalid = "the answer is not valid HTTP";
  switch (fault_) {
    case Fault::headers_too_large:
      return fmt::format("the answer's headers are longer than {} bytes", limits_.headers_most);
    case Fault::not_http_1:
      return "the server does not speak HTTP/1.1";
    case Fault::status_line:
      return "the answer's status line is malformed";
    case Fault::switched_protocols:
      return "the server switched protocols without being asked";
    case Fault::nul:
      return fmt::format("{}: Nul byte in header", invalid);
    case Fault::no_colon:
      return fmt::format("{}: Header without colon", invalid);
    case Fault::content_length:
      return fmt::format("{}: Invalid Content-Length: value", invalid);
    case Fault::closed_silently:
      return "the server closed the connection without an answer";
    case Fault::closed_before_body:
      return "the server closed the connection in the middle of its answer";
    default:
      return std::string{invalid};
  }
}

}  // namespace dispatch::delivery
