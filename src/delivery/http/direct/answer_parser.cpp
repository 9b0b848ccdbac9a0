#include "delivery/http/direct/answer_parser.hpp"

#include "delivery/http/direct/wire_text.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace dispatch::delivery {
namespace {

constexpr std::uint64_t chunk_most = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t chunk_digits_most = 16;
/// Bytes of chunk framing in one answer, and in one line, which is mostly under 10 bytes.
constexpr std::size_t framing_most = 1024 * 1024;
constexpr std::size_t framing_line_most = 4 * 1024;
/// Memory for incomplete lines that a parser keeps between answers.
constexpr std::size_t kept_most = 16 * 1024;

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

}  // namespace

void AnswerParser::begin() {
  state_ = State::status_line;
  fault_ = Fault::none;
  answered_ = complete_ = endless_ = false;
  silent_ = announced_ = clean_ = true;
  fields_.begin();
  lines_ = 0;
  left_ = 0;
  header_bytes_ = framing_bytes_ = body_bytes_ = 0;
  if (partial_.capacity() > kept_most) std::string{}.swap(partial_);
  partial_.clear();
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
  end(fields_.names_body() ? Fault::closed_before_body : Fault::closed_in_headers);
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
  const bool version_10 = text[7] == '0';
  const auto first = std::min(text.find_first_not_of(' ', 8), text.size());
  const auto digits = text.substr(first, text.find_first_of(" \r", first) - first);
  if (digits.size() != 3 || !std::all_of(digits.begin(), digits.end(), is_digit) || digits.front() == '0')
    return end(Fault::status_line);
  if (first != 9 || text.find('\r') != std::string_view::npos) clean_ = false;
  fields_.begin_head((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0'), version_10);
  lines_ = 0;
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
  if (is_blank(text.front()) && lines_ > 1) return fields_.fold(text);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || is_blank(text.front())) return end(Fault::no_colon);
  const auto name = text.substr(0, colon);
  if (name.find('\r') != std::string_view::npos) return end(Fault::no_colon);
  if (name.empty() || is_blank(name.back()) || text.find('\r') != std::string_view::npos) clean_ = false;
  if (!fields_.read(name, text.substr(colon + 1))) end(Fault::content_length);
}

void AnswerParser::end_of_head() {
  if (fields_.status() == 101) return end(Fault::switched_protocols);
  if (fields_.status() < 200) {
    announced_ = true;
    state_ = State::status_line;
    return;
  }
  answered_ = true;
  if (fields_.has_no_body()) return end();
  if (fields_.is_coded()) return end_uncleanly();
  if (fields_.is_chunked()) {
    state_ = State::chunk_size;
  } else if (const auto length = fields_.length()) {
    left_ = *length;
    if (left_ == 0) return end();
    state_ = State::sized_body;
  } else {
    endless_ = true;
    state_ = State::endless_body;
  }
}

void AnswerParser::chunk_size(std::string_view text) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && hex_digit(text[digits]) >= 0; ++digits)
    if (digits < chunk_digits_most) size = size << 4 | static_cast<std::uint64_t>(hex_digit(text[digits]));
  if (digits == 0 || digits > chunk_digits_most || size > chunk_most) return end_uncleanly();
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
