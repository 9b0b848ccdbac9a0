#include "delivery/http/proxy_url.hpp"

#include "delivery/http/curl.hpp"

namespace dispatch::delivery {

Result<std::string> parse_proxy_url(std::string_view text) {
  // Nothing of the text goes into a message: who can tell which part of a wrong URL is the password?
  if (!text.starts_with("http://") && !text.starts_with("https://"))
    return misuse("a proxy is given as http://HOST:PORT or https://HOST:PORT");
  const std::string whole{text};
  const UrlHandle url{curl_url()};
  if (!url) return fail("cannot read the URL of the proxy: out of memory");
  if (const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), 0); code != CURLUE_OK)
    return misuse("the URL of the proxy cannot be read: {}", curl_url_strerror(code));
  if (url_part(url, CURLUPART_PATH) != "/" || !url_part(url, CURLUPART_QUERY).empty() ||
      !url_part(url, CURLUPART_FRAGMENT).empty())
    return misuse("the URL of the proxy has text after its port; give it as http://HOST:PORT");
  return whole;
}

}  // namespace dispatch::delivery
