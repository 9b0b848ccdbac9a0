#include "delivery/http/transfer.hpp"

#include "base/fd.hpp"
#include "delivery/http/address_guard.hpp"
#include "delivery/http/ending.hpp"
#include "delivery/http/retry_after.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <curl/header.h>
#include <fmt/format.h>
#include <openssl/ssl.h>

namespace dispatch::delivery {
namespace {

/// Enough for an answer that is read and thrown away; libcurl's default of 16 KiB counts at thousands of
/// requests.
constexpr long receive_buffer_bytes = 4L * 1024;

std::optional<std::chrono::microseconds> moment(CURL* easy, CURLINFO which) {
  curl_off_t microseconds = 0;
  if (curl_easy_getinfo(easy, which, &microseconds) != CURLE_OK || microseconds == 0) return std::nullopt;
  return std::chrono::microseconds{microseconds};
}

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

Result<std::unique_ptr<Transfer>> Transfer::make(const HttpOptions& options, MultiLoop& loop) {
  EasyHandle easy{curl_easy_init()};
  if (!easy) return fail("cannot set up a request: out of memory");
  return std::unique_ptr<Transfer>{new Transfer{options, loop, std::move(easy)}};
}

Transfer::Transfer(const HttpOptions& options, MultiLoop& loop, EasyHandle easy)
    : options_(options), loop_(loop), easy_(std::move(easy)) {
  loop_.adopt(easy_.get());
  set_constants();
}

Transfer::~Transfer() {
  leave();
}

void Transfer::set_constants() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(options_.connection_idle_most.count()));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  // A name server that does not answer must not hold up the other transfers when the one that asked has timed
  // out.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);

  set_way();
  set_tls();

  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

void Transfer::set_way() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  // Both are set where they are empty as well, or libcurl asks the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // a proxy's 200 is nobody's answer
  if (!options_.unix_socket.empty())
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
}

void Transfer::set_tls() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, options_.ca_file.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
  if (options_.client_certificate.empty()) return;
  curl_easy_setopt(easy, CURLOPT_SSLCERT, options_.client_certificate.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, options_.client_key_file().c_str());
  curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");  // or OpenSSL asks for one at the terminal
}

Result<> Transfer::set_guard() {
  const Subscription* const subscription = outgoing_.subscription.get();
  guarded_ = options_.deny_private || (subscription != nullptr && subscription->deny_private);
  connects_ = asked_for_certificate_ = false;
  denial_.clear();
  if (!guarded_ || (options_.proxy.empty() && options_.unix_socket.empty())) return {};
  return misuse(
      "not sent: subscription {} allows public addresses only, and through {} nobody here sees which "
      "address is connected to; run without {}, or set the subscription free",
      subscription != nullptr ? subscription->id : "", options_.proxy.empty() ? "a Unix socket" : "a proxy",
      options_.proxy.empty() ? "--unix-socket" : "--proxy");
}

void Transfer::deny(std::string_view address, std::string_view kind) {
  const UrlHandle url{curl_url()};
  if (url) curl_url_set(url.get(), CURLUPART_URL, outgoing_.url.c_str(), 0);
  denial_ =
      fmt::format("not sent: {} leads to {}, which is {}, and {} allows public addresses only",
                  url_part(url, CURLUPART_HOST), address, kind,
                  options_.deny_private ? "--deny-private" : "subscription " + outgoing_.subscription->id);
}

Result<> Transfer::start(Outgoing outgoing, WallTime now) {
  outgoing_ = std::move(outgoing);
  requests_ = 0;
  answered_ = headers_too_large_ = false;
  at_status_line_ = true;
  complaint_ = nullptr;
  header_bytes_ = body_bytes_ = 0;
  excerpt_.clear();
  detail_[0] = '\0';
  timeout_ =
      outgoing_.subscription ? outgoing_.subscription->timeout.value_or(options_.timeout) : options_.timeout;
  started_ = std::chrono::steady_clock::now();

  DISPATCH_TRY(set_guard());
  DISPATCH_TRY(write_headers(outgoing_, now, lines_));
  list_.clear();
  for (std::size_t i = 0; i < lines_.size(); ++i) list_.push_back({lines_.line(i), nullptr});
  list_.push_back({no_expect_.data(), nullptr});
  for (std::size_t i = 0; i + 1 < list_.size(); ++i) list_[i].next = &list_[i + 1];

  CURL* const easy = easy_.get();
  // CURLOPT_TIMEOUT_MS is not used: libcurl looks at it before it reads what has arrived. This one makes it
  // try a host's next address while there is time.
  connect_timeout_ = timeout_;
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout_.count()));
  curl_easy_setopt(easy, CURLOPT_URL, outgoing_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list_.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, outgoing_.payload.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(outgoing_.payload.size()));
  if (const CURLMcode code = curl_multi_add_handle(loop_.multi(), easy); code != CURLM_OK)
    return fail("cannot start the request: {}", curl_multi_strerror(code));
  return {};
}

void Transfer::allow(std::chrono::milliseconds more) {
  connect_timeout_ += more;
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout_.count()));
}

Report Transfer::finish(CURLcode code, const Clock& clock) {
  Outcome outcome = answered_ ? answer(clock) : failure(code);
  outcome.took = moment(easy_.get(), CURLINFO_TOTAL_TIME_T).value_or(std::chrono::microseconds{0});
  loop_.release(easy_.get());
  outgoing_.payload = {};  // the pool must not hold what it sent
  return {outgoing_.ticket, std::move(outcome)};
}

Report Transfer::time_out(const Clock& clock) {
  Outcome outcome = answered_ ? answer(clock) : failure(CURLE_OPERATION_TIMEDOUT);
  outcome.took = std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_);
  leave();
  return {outgoing_.ticket, std::move(outcome)};
}

Report Transfer::give_up(std::string why, const Clock& clock) {
  Outcome outcome = answered_ ? answer(clock) : failure(CURLE_FAILED_INIT);
  if (!answered_) outcome.error = std::move(why);
  outcome.took = std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_);
  leave();
  return {outgoing_.ticket, std::move(outcome)};
}

Outcome Transfer::answer(const Clock& clock) {
  Outcome outcome;
  outcome.kind = OutcomeKind::answered;
  outcome.status = status();
  outcome.excerpt = std::move(excerpt_);
  note_way(outcome);
  if (outcome.status == 429 || outcome.status == 503) outcome.retry_after = retry_after(clock.wall());
  return outcome;
}

Outcome Transfer::failure(CURLcode code) const {
  Outcome outcome;
  outcome.kind = OutcomeKind::broken;
  note_way(outcome);
  if (!denial_.empty() && !connects_) {
    outcome.kind = OutcomeKind::refused;
    outcome.error = denial_;
  } else if (headers_too_large_ || (code == CURLE_OUT_OF_MEMORY && requests_ > 0)) {
    // Of a line over 100 KiB, more than it can hold, libcurl says that it is out of memory.
    outcome.error = fmt::format("the answer's headers are longer than {} bytes", options_.headers_most);
  } else if (complaint_ != nullptr) {
    outcome.error = complaint_;
  } else if (requests_ > 1) {
    outcome.error = "the connection, kept from an earlier request, ended before an answer came";
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    outcome.kind = OutcomeKind::timeout;
    outcome.error = explain_timeout(timeout_, outcome.timings, requests_ > 0);
  } else {
    const CURLcode why = code == CURLE_OK ? CURLE_WEIRD_SERVER_REPLY : code;
    outcome.kind = kind_of_failure(why, requests_ > 0);
    outcome.error = explain(why);
  }
  return outcome;
}

std::string Transfer::explain(CURLcode code) const {
  const int system_error = code == CURLE_COULDNT_CONNECT ? static_cast<int>(number(CURLINFO_OS_ERRNO)) : 0;
  if (system_error != 0 && !options_.unix_socket.empty())
    return fmt::format("cannot connect to the Unix socket {}: {}", options_.unix_socket,
                       errno_text(system_error));
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    return explain_distrust(detail_.data(), number(CURLINFO_SSL_VERIFYRESULT));
  auto text = explain_failure(code, detail_.data(), system_error);
  if (asked_for_certificate_)
    text += options_.client_certificate.empty()
                ? "; the server asked for a client certificate (--cert)"
                : "; the server asked for a client certificate and was shown that in " +
                      options_.client_certificate;
  return text;
}

Report Transfer::cut() {
  leave();
  return {outgoing_.ticket, cut_off()};
}

Transfer& Transfer::of(CURL* easy) {
  void* transfer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  return *static_cast<Transfer*>(transfer);
}

std::size_t Transfer::on_header(const char* text, std::size_t, std::size_t bytes, void* transfer) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  self.header_bytes_ += bytes;
  if (self.header_bytes_ > self.options_.headers_most) {  // trailers count as well
    self.headers_too_large_ = true;
    return 0;
  }
  const std::string_view line{text, bytes};
  if (self.at_status_line_ && !self.answered_ && !is_status_line(line)) {
    self.complaint_ = "the answer's status line is malformed";
    return 0;
  }
  self.at_status_line_ = line == "\r\n" || line == "\n";
  if (self.at_status_line_ && self.status() == 101) {  // libcurl would wait for what comes next
    self.complaint_ = "the server switched protocols, which nobody had asked for";
    return 0;
  }
  if (self.at_status_line_ && self.status() >= 200) self.answered_ = true;  // lower ones announce it
  return bytes;
}

std::size_t Transfer::on_body(const char* text, std::size_t, std::size_t bytes, void* transfer) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  if (self.excerpt_.size() < self.options_.excerpt_most)
    self.excerpt_.append(text, std::min(bytes, self.options_.excerpt_most - self.excerpt_.size()));
  self.body_bytes_ += bytes;
  return self.body_bytes_ > self.options_.body_most ? 0 : bytes;
}

curl_socket_t Transfer::on_socket(void* transfer, curlsocktype, curl_sockaddr* address) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  if (self.guarded_) {
    if (const auto kind = not_public(address->addr)) {
      self.deny(address_text(address->addr), *kind);
      return self.loop_.refuse_address(self.easy_.get());
    }
  }
  self.connects_ = true;
  return self.loop_.open_socket(self.easy_.get(), *address);
}

CURLcode Transfer::on_tls(CURL*, void* context, void* transfer) noexcept {
  // The connection may outlive the attempt but not the transfer. With or without a certificate, go on.
  SSL_CTX_set_cert_cb(
      static_cast<SSL_CTX*>(context),
      [](SSL*, void* asked) {
        static_cast<Transfer*>(asked)->asked_for_certificate_ = true;
        return 1;
      },
      transfer);
  return CURLE_OK;
}

int Transfer::on_request(void* transfer, char* address, char*, int, int) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  if (self.guarded_) {  // the connection may be kept from a request that was not
    if (const auto kind = not_public(std::string{address})) {
      self.deny(address, *kind);
      self.connects_ = false;
      return CURL_PREREQFUNC_ABORT;
    }
  }
  // libcurl repeats a request when a kept connection ends without an answer. The receiver may have acted on
  // the first.
  return ++self.requests_ > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

int Transfer::status() const {
  return static_cast<int>(number(CURLINFO_RESPONSE_CODE));
}

long Transfer::number(CURLINFO which) const {
  long number = 0;
  curl_easy_getinfo(easy_.get(), which, &number);
  return number;
}

std::optional<std::chrono::microseconds> Transfer::retry_after(WallTime now) const {
  curl_header* header = nullptr;
  if (curl_easy_header(easy_.get(), "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
    return std::nullopt;
  return parse_retry_after(header->value, now);
}

void Transfer::note_way(Outcome& outcome) const {
  CURL* const easy = easy_.get();
  const char* address = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address != nullptr)
    outcome.address = address;
  outcome.timings.name_resolved = moment(easy, CURLINFO_NAMELOOKUP_TIME_T);
  outcome.timings.connected = moment(easy, CURLINFO_CONNECT_TIME_T);
  outcome.timings.tls_ready = moment(easy, CURLINFO_APPCONNECT_TIME_T);
  outcome.timings.first_byte = moment(easy, CURLINFO_STARTTRANSFER_TIME_T);
}

void Transfer::leave() {
  loop_.remove(easy_.get());
  outgoing_.payload = {};  // the pool must not hold what it sent
}

}  // namespace dispatch::delivery
