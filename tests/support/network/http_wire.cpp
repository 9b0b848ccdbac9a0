#include "support/network/http_wire.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

namespace dispatch::test {
namespace {

constexpr std::size_t head_most = 256 * 1024;
constexpr std::size_t body_most = 64 * 1024 * 1024;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view take_line(std::string_view& head) {
  const auto end = std::min(head.find("\r\n"), head.size());
  const auto line = head.substr(0, end);
  head.remove_prefix(std::min(end + 2, head.size()));
  return line;
}

WireRequest read_head(std::string_view head) {
  WireRequest request;
  const auto line = take_line(head);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) throw std::runtime_error{"not a request line"};
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.keep_alive = line.substr(last + 1) == "HTTP/1.1";
  while (!head.empty()) {
    const auto field = take_line(head);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) throw std::runtime_error{"not a header field"};
    request.headers.emplace_back(field.substr(0, colon), trimmed(field.substr(colon + 1)));
  }
  if (request.header("Connection") == "close") request.keep_alive = false;
  return request;
}

std::size_t body_size(const WireRequest& request) {
  if (request.header("Transfer-Encoding")) throw std::runtime_error{"a body without Content-Length"};
  const auto text = request.header("Content-Length").value_or("0");
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error != std::errc{} || end != text.data() + text.size() || bytes > body_most)
    throw std::runtime_error{"not a Content-Length"};
  return bytes;
}

}  // namespace

std::optional<std::string> WireRequest::header(std::string_view name) const {
  for (const auto& [field, value] : headers)
    if (same_name(field, name)) return value;
  return std::nullopt;
}

std::optional<WireRequest> take_request(std::string& bytes) {
  if (!bytes.empty() && (bytes.front() < 'A' || bytes.front() > 'Z')) throw std::runtime_error{"not HTTP"};
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string::npos) {
    if (bytes.size() > head_most) throw std::runtime_error{"headers without end"};
    return std::nullopt;
  }
  auto request = read_head(std::string_view{bytes}.substr(0, head_end));
  const std::size_t body_begin = head_end + 4;
  const std::size_t size = body_size(request);
  if (bytes.size() - body_begin < size) return std::nullopt;
  request.body = bytes.substr(body_begin, size);
  bytes.erase(0, body_begin + size);
  return request;
}

std::string answer_head(int status, const HeaderFields& headers, std::size_t body_bytes) {
  std::string head = fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n", status, body_bytes);
  for (const auto& [name, value] : headers) head += fmt::format("{}: {}\r\n", name, value);
  head += "\r\n";
  return head;
}

}  // namespace dispatch::test
