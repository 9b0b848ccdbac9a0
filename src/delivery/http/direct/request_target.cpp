#include "delivery/http/direct/request_target.hpp"

#include "delivery/http/curl.hpp"

#include <algorithm>
#include <string_view>

namespace dispatch::delivery {
namespace {

bool is_plain_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-._[]:"}.find(c) != std::string_view::npos;
  });
}

/// A text that can stand in a request line.
bool is_plain_target(std::string_view target) {
  return target.starts_with('/') &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

std::optional<RequestTarget> parse_request_target(const std::string& text) {
  const bool secure = text.starts_with("https://");
  if (!secure && !text.starts_with("http://")) return std::nullopt;
  const std::size_t begin = secure ? 8 : 7;
  if (text.size() == begin || text[begin] == '/') return std::nullopt;  // libcurl skips a slash too many
  const UrlHandle url{curl_url()};
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
  for (const CURLUPart special : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_ZONEID})
    if (!url_part(url, special).empty()) return std::nullopt;
  const auto authority = std::string_view{text}.substr(0, text.find_first_of("/?#", begin));
  if (authority.find('@') != std::string_view::npos) return std::nullopt;

  const std::string host = url_part(url, CURLUPART_HOST), port = url_part(url, CURLUPART_PORT);
  std::string target = url_part(url, CURLUPART_PATH);
  char* query = nullptr;  // it may be there and empty
  if (curl_url_get(url.get(), CURLUPART_QUERY, &query, 0) == CURLUE_OK) {
    const std::unique_ptr<char, TextCleanup> owned{query};
    target += '?';
    target += query;
  }
  if (!is_plain_host(host) || !is_plain_target(target)) return std::nullopt;

  const std::string_view default_port = secure ? "443" : "80";
  const bool elsewhere = !port.empty() && port != default_port;
  RequestTarget read;
  read.secure = secure;
  read.start = "POST " + target + " HTTP/1.1\r\nHost: " + host + (elsewhere ? ":" + port : "") + "\r\n";
  read.place =
      (secure ? "https://" : "http://") + host + ':' + (port.empty() ? std::string{default_port} : port);
  return read;
}

const RequestTarget* RequestTargets::find(const std::string& url) {
  auto found = targets_.find(url);
  if (found == targets_.end()) {
    if (targets_.size() >= most_) targets_.clear();
    found = targets_.emplace(url, parse_request_target(url)).first;
  }
  return found->second ? &*found->second : nullptr;
}

}  // namespace dispatch::delivery
