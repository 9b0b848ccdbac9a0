#pragma once

#include "base/error.hpp"

#include <memory>
#include <string>
#include <utility>

#include <curl/curl.h>

namespace dispatch::delivery {

/// Initialises libcurl for the process while the object lives. libcurl counts the users and, since 7.84,
/// locks the count, so any number of these objects may exist on any thread.
class CurlGlobal {
 public:
  static Result<CurlGlobal> acquire() {
    if (const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK)
      return fail("cannot set up libcurl: {}", curl_easy_strerror(code));
    return CurlGlobal{};
  }
  CurlGlobal(CurlGlobal&& other) noexcept : held_(std::exchange(other.held_, false)) {}
  CurlGlobal& operator=(CurlGlobal&&) = delete;
  ~CurlGlobal() {
    if (held_) curl_global_cleanup();
  }

 private:
  CurlGlobal() = default;
  bool held_ = true;
};

struct EasyCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiCleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct TextCleanup {
  void operator()(char* text) const { curl_free(text); }
};
struct ShareCleanup {
  void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};

/// Owners of libcurl handles. Remove every easy handle from its multi handle before either is destroyed.
using EasyHandle = std::unique_ptr<CURL, EasyCleanup>;
using MultiHandle = std::unique_ptr<CURLM, MultiCleanup>;
using ShareHandle = std::unique_ptr<CURLSH, ShareCleanup>;
using UrlHandle = std::unique_ptr<CURLU, UrlCleanup>;

/// True if libcurl of this version (curl_version_info_data::version_num) remembers the last header line of
/// the answer before, whose memory it has freed, and writes to it where the first header line of the next
/// answer is folded. From 7.83.0 to 8.0.1 (curl issue 11101). Pure function.
constexpr bool remembers_freed_header(unsigned version) {
  return version >= 0x075300 && version < 0x080100;
}

/// A part of a URL; empty if the URL does not have it.
inline std::string url_part(const UrlHandle& url, CURLUPart which) {
  char* part = nullptr;
  if (curl_url_get(url.get(), which, &part, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, TextCleanup> owned{part};
  return part;
}

}  // namespace dispatch::delivery
