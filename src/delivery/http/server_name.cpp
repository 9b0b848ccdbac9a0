#include "delivery/http/server_name.hpp"

#include "delivery/http/curl.hpp"

namespace dispatch::delivery {
namespace {

UrlHandle read_url(const std::string& text) {
  UrlHandle url{curl_url()};
  if (url) curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  return url;
}

}  // namespace

std::string host_name(const std::string& url) {
  return url_part(read_url(url), CURLUPART_HOST);
}

std::string server_name(const std::string& url) {
  const UrlHandle read = read_url(url);
  return url_part(read, CURLUPART_HOST) + ':' + url_part(read, CURLUPART_PORT);
}

}  // namespace dispatch::delivery
