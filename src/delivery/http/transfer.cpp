#include "delivery/http/transfer.hpp"

#include "delivery/http/ending.hpp"
#include "delivery/http/retry_after.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <curl/header.h>
#include <fmt/format.h>

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
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(options_.connection_idle_most.count()));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  // A name server that does not answer must not hold up the other transfers when the one that asked has timed
  // out.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);

  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());

  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

Result<> Transfer::start(Outgoing outgoing, WallTime now) {
  outgoing_ = std::move(outgoing);
  requests_ = 0;
  answered_ = keep_excerpt_ = headers_too_large_ = false;
  at_status_line_ = true;
  complaint_ = nullptr;
  header_bytes_ = body_bytes_ = 0;
  excerpt_.clear();
  detail_[0] = '\0';
  timeout_ =
      outgoing_.subscription ? outgoing_.subscription->timeout.value_or(options_.timeout) : options_.timeout;
  started_ = std::chrono::steady_clock::now();

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

Outcome Transfer::answer(const Clock& clock) {
  Outcome outcome;
  outcome.kind = OutcomeKind::answered;
  outcome.status = status();
  outcome.excerpt = std::move(excerpt_);
  if (outcome.status / 100 != 2) note_way(outcome);
  if (outcome.status == 429 || outcome.status == 503) outcome.retry_after = retry_after(clock.wall());
  return outcome;
}

Outcome Transfer::failure(CURLcode code) const {
  Outcome outcome;
  outcome.kind = OutcomeKind::broken;
  note_way(outcome);
  if (headers_too_large_ || (code == CURLE_OUT_OF_MEMORY && requests_ > 0)) {
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
    outcome.error = explain_failure(why, detail_.data(), why == CURLE_COULDNT_CONNECT ? system_error() : 0);
  }
  return outcome;
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
  if (self.at_status_line_ && self.status() >= 200) {  // lower ones announce the real answer
    self.answered_ = true;
    self.keep_excerpt_ = self.status() / 100 != 2;
  }
  return bytes;
}

std::size_t Transfer::on_body(const char* text, std::size_t, std::size_t bytes, void* transfer) noexcept {
  auto& self = *static_cast<Transfer*>(transfer);
  if (self.keep_excerpt_ && self.excerpt_.size() < self.options_.excerpt_most)
    self.excerpt_.append(text, std::min(bytes, self.options_.excerpt_most - self.excerpt_.size()));
  self.body_bytes_ += bytes;
  return self.body_bytes_ > self.options_.body_most ? 0 : bytes;
}

int Transfer::on_request(void* transfer, char*, char*, int, int) noexcept {
  // libcurl repeats a request when a kept connection ends without an answer. The receiver may have acted on
  // the first.
  return ++static_cast<Transfer*>(transfer)->requests_ > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

int Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

int Transfer::system_error() const {
  long error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
  return static_cast<int>(error);
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
  curl_multi_remove_handle(loop_.multi(), easy_.get());
  outgoing_.payload = {};  // the pool must not hold what it sent
}

}  // namespace dispatch::delivery
