#include "delivery/http/transfer.hpp"

#include "base/system/fd.hpp"
#include "delivery/ended_here.hpp"
#include "delivery/http/curl_outcome.hpp"
#include "delivery/http/http2/alpn.hpp"
#include "delivery/http/retry_after.hpp"
#include "delivery/http/server_name.hpp"
#include "delivery/http/transfer_setup.hpp"
#include "delivery/http/transfer_way.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include <curl/header.h>
#include <fmt/format.h>
#include <openssl/ssl.h>

namespace dispatch::delivery {
Result<std::unique_ptr<Transfer>> Transfer::make(const TransferContext& context) {
  EasyHandle easy{curl_easy_init()};
  if (!easy) return fail("cannot set up a request: out of memory");
  return std::unique_ptr<Transfer>{new Transfer{context, std::move(easy)}};
}

Transfer::Transfer(const TransferContext& context, EasyHandle easy)
    : options_(context.options),
      loop_(context.loop),
      addresses_(context.addresses),
      tls_sessions_(context.tls_sessions),
      random_(context.random),
      easy_(std::move(easy)),
      choice_(addresses_.unresponsive),
      answer_(options_) {
  set_up();
}

void Transfer::set_up() {
  loop_.adopt(easy_.get());
  set_up_transfer(easy_.get(), options_,
                  {.transfer = this,
                   .error_text = detail_.data(),
                   .on_request = &Transfer::on_request,
                   .on_header = &Transfer::on_header,
                   .on_body = &Transfer::on_body,
                   .on_socket = &Transfer::on_socket,
                   .on_tls = &Transfer::on_tls});
}

/// Takes a new handle in place of one that has read an answer, where libcurl must not read another one with
/// it.
bool Transfer::renew() {
  if (!renews_ || !seen_headers_) return true;
  EasyHandle fresh{curl_easy_init()};
  if (!fresh) return false;
  easy_ = std::move(fresh);
  seen_headers_ = false;
  purpose_ = Purpose::request;
  set_up();
  return true;
}

Transfer::~Transfer() {
  leave();
}

/// Returns true where only public addresses may be connected to; an error where they cannot be seen from
/// here.
Result<bool> Transfer::public_only() const {
  const Subscription* const subscription = outgoing_.subscription.get();
  const bool only = options_.deny_private || (subscription != nullptr && subscription->deny_private);
  if (!only || (options_.proxy.empty() && options_.unix_socket.empty())) return only;
  return misuse(
      "not sent: subscription {} allows public addresses only, but through {} dispatch cannot see which "
      "address it connects to; run without {}, or allow the subscription all addresses",
      subscription != nullptr ? subscription->id : "", options_.proxy.empty() ? "a Unix socket" : "a proxy",
      options_.proxy.empty() ? "--unix-socket" : "--proxy");
}

std::string Transfer::explain_denial() const {
  return fmt::format("not sent: {} leads to {}, which is {}, and {} allows public addresses only",
                     host_name(outgoing_.url), choice_.denied()->address, choice_.denied()->kind,
                     options_.deny_private ? "--deny-private" : "subscription " + outgoing_.subscription->id);
}

/// How long addresses and connections hold good.
void Transfer::set_addresses() {
  CURL* const easy = easy_.get();
  // A connection is too old for libcurl where its age in whole seconds is more than this.
  const auto lifetime =
      std::chrono::duration<double>{options_.connection_lifetime} * (1 + random_.unit() / 10);
  curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, std::max(1L, static_cast<long>(lifetime.count()) - 1));
  // A proxy is one host, and a Unix socket none.
  if (!options_.proxy.empty() || !options_.unix_socket.empty()) return;
  auto advice = addresses_.lookups.before(outgoing_.url, std::chrono::steady_clock::now());
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, advice.cache_seconds);
  if (advice.forget.empty() && forget_.empty()) return;
  forget_ = std::move(advice.forget);
  forget_list_.clear();
  for (std::string& line : forget_) forget_list_.push_back({line.data(), nullptr});
  for (std::size_t i = 0; i + 1 < forget_list_.size(); ++i) forget_list_[i].next = &forget_list_[i + 1];
  curl_easy_setopt(easy, CURLOPT_RESOLVE, forget_list_.empty() ? nullptr : forget_list_.data());
}

tl::expected<void, Outcome> Transfer::start(Outgoing outgoing, WallTime now, Purpose purpose) {
  outgoing_ = std::move(outgoing);
  requests_ = 0;
  answer_.reset();
  detail_[0] = '\0';
  timeout_ = timeout_of(outgoing_, options_);
  started_ = std::chrono::steady_clock::now();

  asked_for_certificate_ = false;
  socket_error_ = 0;
  const auto only = public_only();
  if (!only) return tl::unexpected(not_made(OutcomeKind::refused, only.error().message));
  if (!renew())
    return tl::unexpected(not_made(OutcomeKind::local_failure, "cannot set up a request: out of memory"));
  choice_.begin(*only);
  lines_.clear(purpose == Purpose::request ? HeaderLines::Form::libcurl : HeaderLines::Form::wire);
  if (auto written = write_headers(outgoing_, now, lines_); !written)
    return tl::unexpected(not_made(OutcomeKind::refused, std::move(written).error().message));
  CURL* const easy = easy_.get();
  set_purpose(purpose);
  // CURLOPT_TIMEOUT_MS is not used: libcurl looks at it before it reads what has arrived. This one makes it
  // try a host's next address while there is time.
  connect_timeout_ = timeout_;
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout_.count()));
  curl_easy_setopt(easy, CURLOPT_URL, outgoing_.url.c_str());
  set_addresses();
  if (const CURLMcode code = curl_multi_add_handle(loop_.multi(), easy); code != CURLM_OK)
    return tl::unexpected(not_made(OutcomeKind::local_failure,
                                   fmt::format("cannot start the request: {}", curl_multi_strerror(code))));
  return {};
}

void Transfer::set_purpose(Purpose purpose) {
  CURL* const easy = easy_.get();
  if (encrypts(purpose) && !own_connections_) {
    own_connections_.reset(curl_share_init());
    curl_share_setopt(own_connections_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
  }
  if (purpose != purpose_) {
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, purpose == Purpose::request ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SHARE, encrypts(purpose) ? own_connections_.get() : nullptr);
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, purpose == Purpose::connect_http2 ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  }
  purpose_ = purpose;
  // With connect libcurl is to close the connection that it has made; the loop keeps the socket open.
  const bool close = purpose == Purpose::connect || (purpose == Purpose::request && !keep_);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, close ? 1L : 0L);
  if (purpose == Purpose::request) set_request();
}

void Transfer::set_request() {
  list_.clear();
  for (std::size_t i = 0; i < lines_.size(); ++i) list_.push_back({lines_.line(i), nullptr});
  list_.push_back({no_expect_.data(), nullptr});
  for (std::size_t i = 0; i + 1 < list_.size(); ++i) list_[i].next = &list_[i + 1];
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list_.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, outgoing_.payload.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(outgoing_.payload.size()));
}

Transfer::Connected Transfer::hand_over() {
  Outcome way;
  note_way(easy_.get(), way);
  Connected connected{.outgoing = std::move(outgoing_),
                      .lines = std::exchange(lines_, HeaderLines{}),
                      .socket = std::move(socket_),
                      .started = started_,
                      .timeout = timeout_,
                      .timings = way.timings,
                      .address = std::move(way.address)};
  if (purpose_ == Purpose::connect) loop_.release(easy_.get());
  return connected;
}

CURLcode Transfer::send(std::string_view bytes, std::size_t& sent) {
  return curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &sent);
}

CURLcode Transfer::receive(std::span<char> bytes, std::size_t& received) {
  return curl_easy_recv(easy_.get(), bytes.data(), bytes.size(), &received);
}

int Transfer::socket() const {
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
  return socket;
}

ssl_st* Transfer::session() const {
  const curl_tlssessioninfo* info = nullptr;
  if (curl_easy_getinfo(easy_.get(), CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == nullptr ||
      info->backend != CURLSSLBACKEND_OPENSSL)
    return nullptr;
  return static_cast<ssl_st*>(info->internals);
}

void Transfer::allow(std::chrono::milliseconds more) {
  connect_timeout_ += more;
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout_.count()));
}

bool Transfer::start_over(CURLcode code) {
  if (code == CURLE_OK || requests_ > 0 || !choice_.start_over()) return false;
  detail_[0] = '\0';
  loop_.remove(easy_.get());
  return curl_multi_add_handle(loop_.multi(), easy_.get()) == CURLM_OK;
}

Report Transfer::finish(CURLcode code, const Clock& clock) {
  Outcome outcome = answer_.answered() ? answer(clock) : failure(code);
  outcome.took = measured(easy_.get(), CURLINFO_TOTAL_TIME_T).value_or(std::chrono::microseconds{0});
  leave_ended();
  return {outgoing_.ticket, std::move(outcome)};
}

Report Transfer::time_out(const Clock& clock) {
  if (requests_ == 0) choice_.none_answered();
  Outcome outcome = answer_.answered() ? answer(clock) : failure(CURLE_OPERATION_TIMEDOUT);
  outcome.took = std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_);
  leave();
  return {outgoing_.ticket, std::move(outcome)};
}

Report Transfer::give_up(std::string why, const Clock& clock) {
  Outcome outcome = answer_.answered() ? answer(clock) : failure(CURLE_FAILED_INIT);
  if (!answer_.answered()) outcome.error = std::move(why);
  outcome.took = std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_);
  leave();
  return {outgoing_.ticket, std::move(outcome)};
}

Outcome Transfer::answer(const Clock& clock) {
  Outcome outcome;
  outcome.kind = OutcomeKind::answered;
  outcome.status = status();
  outcome.excerpt = answer_.take_excerpt();
  note_way(easy_.get(), outcome);
  if (outcome.status < 200 || outcome.status > 299) outcome.retry_after = retry_after(clock.wall());
  return outcome;
}

Outcome Transfer::failure(CURLcode code) const {
  Outcome outcome;
  outcome.kind = OutcomeKind::broken;
  note_way(easy_.get(), outcome);
  if (choice_.denied()) {
    outcome.kind = OutcomeKind::refused;
    outcome.error = explain_denial();
  } else if (requests_ == 0 && is_local_shortage(socket_error_)) {
    outcome.kind = OutcomeKind::local_failure;
    outcome.error = "cannot make a socket: " + errno_text(socket_error_);
  } else if (requests_ == 0 && is_local_lookup_failure(code, detail_.data())) {
    outcome.kind = OutcomeKind::local_failure;
    outcome.error = "cannot begin to look up the host's name: this machine has no thread or descriptor left";
  } else if (answer_.headers_too_large() || (code == CURLE_OUT_OF_MEMORY && requests_ > 0)) {
    // Of a line over 100 KiB, more than it can hold, libcurl says that it is out of memory.
    outcome.error = fmt::format("the answer's headers are longer than {} bytes", options_.headers_most);
  } else if (answer_.complaint() != nullptr) {
    outcome.error = answer_.complaint();
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
  if (code == CURLE_UNSUPPORTED_PROTOCOL && requests_ > 0)  // libcurl talks of HTTP/0.9
    return "the server does not speak HTTP/1.1";
  if (code == CURLE_COULDNT_RESOLVE_HOST)
    return fmt::format("the host name {} cannot be resolved", host_name(outgoing_.url));
  auto text = explain_failure(code, detail_.data(), system_error);
  if (asked_for_certificate_)
    text +=
        options_.client_certificate.empty()
            ? "; the server asked for a client certificate (--cert)"
            : "; the server asked for a client certificate and got the one in " + options_.client_certificate;
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
  self.seen_headers_ = true;
  return self.answer_.header({text, bytes}, self.status()) ? bytes : 0;
}

std::size_t Transfer::on_body(const char* text, std::size_t, std::size_t bytes, void* transfer) noexcept {
  return static_cast<Transfer*>(transfer)->answer_.body({text, bytes}) ? bytes : 0;
}

curl_socket_t Transfer::on_socket(void* transfer, curlsocktype, curl_sockaddr* address) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  if (!self.choice_.admits(address->addr, std::chrono::steady_clock::now()))
    return self.loop_.refuse_address(self.easy_.get());
  const curl_socket_t made = self.loop_.open_socket(self.easy_.get(), *address);
  self.socket_error_ = made == CURL_SOCKET_BAD ? errno : 0;
  return made;
}

CURLcode Transfer::on_tls(CURL*, void* context, void* transfer) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  // This is called for the TLS of an https proxy as well, whose sessions are not the server's.
  if (!self.options_.proxy.starts_with("https:") &&
      !self.tls_sessions_.attach(*static_cast<SSL_CTX*>(context), server_name(self.outgoing_.url)))
    return CURLE_OUT_OF_MEMORY;
  if (self.purpose_ == Purpose::connect_http2 && !offer_http2(*static_cast<SSL_CTX*>(context)))
    return CURLE_OUT_OF_MEMORY;
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

int Transfer::on_request(void* transfer, char* address, char*, int port, int) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  if (!self.choice_.admits_request(address, port, std::chrono::steady_clock::now()))
    return CURL_PREREQFUNC_ABORT;
  if (self.purpose_ == Purpose::connect_http2)
    self.chosen_http2_ = delivery::has_chosen_http2(self.easy_.get());
  if (self.purpose_ != Purpose::request)
    self.loop_.hand_over_next(self.easy_.get(), self.purpose_ == Purpose::connect ? &self.socket_ : nullptr);
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

void Transfer::leave_ended() {
  if (encrypts(purpose_)) return leave();  // it has connections of its own
  loop_.release(easy_.get());
  std::string{}.swap(outgoing_.payload);  // the pool must not hold what it sent
}

void Transfer::leave() {
  loop_.remove(easy_.get());
  std::string{}.swap(outgoing_.payload);  // the pool must not hold what it sent
}

}  // namespace dispatch::delivery
