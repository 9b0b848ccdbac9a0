#include "delivery/http/answer_reader.hpp"

#include <algorithm>

namespace dispatch::delivery {
namespace {

/// True where the line is of HTTP/1 and holds a status of exactly three digits (RFC 9112, 4). libcurl reads
/// "HTTP/1.1 200OK" and "HTTP/1.1 +20" as well, but of what was not clearly said nothing may be concluded.
bool is_status_line(std::string_view line) {
  const auto space = line.find(' ');
  if (!line.starts_with("HTTP/1.") || space == std::string_view::npos) return false;
  line.remove_prefix(std::min(line.find_first_not_of(' ', space), line.size()));
  const auto status = line.substr(0, line.find_first_of(" \r\n"));
  return status.size() == 3 && status.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

void AnswerReader::reset() {
  answered_ = headers_too_large_ = false;
  at_status_line_ = true;
  complaint_ = nullptr;
  header_bytes_ = body_bytes_ = 0;
  excerpt_.clear();
}

bool AnswerReader::header(std::string_view line, int status) {
  header_bytes_ += line.size();
  if (header_bytes_ > options_.headers_most) {  // trailers count as well
    headers_too_large_ = true;
    return false;
  }
  if (at_status_line_ && !answered_ && !is_status_line(line)) {
    complaint_ = "the answer's status line is malformed";
    return false;
  }
  at_status_line_ = line == "\r\n" || line == "\n";
  if (at_status_line_ && status == 101) {  // libcurl would wait for what comes next
    complaint_ = "the server switched protocols without being asked";
    return false;
  }
  if (at_status_line_ && status >= 200) answered_ = true;  // lower ones announce it
  return true;
}

bool AnswerReader::body(std::string_view bytes) {
  if (excerpt_.size() < options_.excerpt_most)
    excerpt_.append(bytes.substr(0, options_.excerpt_most - excerpt_.size()));
  body_bytes_ += bytes.size();
  return body_bytes_ <= options_.body_most;
}

}  // namespace dispatch::delivery
