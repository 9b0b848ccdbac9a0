#include "routing/ascii_host.hpp"

#include <memory>
#include <new>

#include <curl/curl.h>
#include <locale.h>

namespace dispatch::routing {
namespace {

struct HandleCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

/// libidn2 takes names in the encoding of the thread's locale.
class Utf8Thread {
 public:
  Utf8Thread() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = uselocale(utf8_);
  }
  ~Utf8Thread() {
    if (utf8_ == nullptr) return;
    uselocale(before_);
    freelocale(utf8_);
  }
  Utf8Thread(const Utf8Thread&) = delete;
  Utf8Thread& operator=(const Utf8Thread&) = delete;

  bool works() const { return utf8_ != nullptr; }

 private:
  locale_t utf8_ = nullptr;
  locale_t before_ = nullptr;
};

}  // namespace

Result<std::string> ascii_host(const std::string& host) {
  const Utf8Thread thread;
  const std::unique_ptr<CURLU, HandleCleanup> url{curl_url()};
  if (!url) throw std::bad_alloc{};
  CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, ("http://" + host).c_str(), 0);
  char* text = nullptr;
  if (code == CURLUE_OK) code = curl_url_get(url.get(), CURLUPART_HOST, &text, CURLU_PUNYCODE);
  const std::unique_ptr<char, HandleCleanup> owned{text};
  if (code == CURLUE_OK) return std::string{text};
  if (code == CURLUE_LACKS_IDN || !thread.works())
    return misuse("international host names cannot be encoded here; write the form that begins with xn--");
  return misuse("its host is not an international name in UTF-8; write the form that begins with xn--");
}

}  // namespace dispatch::routing
