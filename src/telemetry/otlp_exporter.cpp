#include "telemetry/otlp_exporter.hpp"

#include "base/text/printable.hpp"
#include "base/text/url_text.hpp"
#include "base/version.hpp"
#include "delivery/http/curl.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

namespace dispatch::telemetry {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// More than any collector has to say.
constexpr std::size_t answer_most = std::size_t{64} * 1024;
constexpr std::size_t answer_shown = 200;  // bytes
constexpr auto backoff_most = 5s;
/// A longer wait than any patience; more would overflow where it is added to a time.
constexpr std::chrono::seconds after_most = 24h;

struct ListCleanup {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListCleanup>;

void add(HeaderList& list, const std::string& line) {
  if (curl_slist* longer = curl_slist_append(list.get(), line.c_str()); longer != nullptr) {
    [[maybe_unused]] auto* same = list.release();
    list.reset(longer);
  }
}

bool asks_for_patience(long status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

/// What an ExportTraceServiceResponse says of spans that were not taken.
struct Verdict {
  std::int64_t rejected = 0;
  std::string why;
};

std::int64_t number_in(simdjson::dom::element value) {
  std::int64_t number = 0;
  std::string_view text;
  if (value.get(number) == simdjson::SUCCESS) return number;
  if (value.get(text) == simdjson::SUCCESS) std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Nothing where it is none. The specification wants a body; an empty one says that all is well too.
std::optional<Verdict> read_response(const std::string& body) {
  Verdict verdict;
  if (body.empty()) return verdict;
  simdjson::dom::parser parser;
  simdjson::dom::object response;
  if (parser.parse(body).get(response) != simdjson::SUCCESS) return std::nullopt;
  simdjson::dom::object partial;
  if (response["partialSuccess"].get(partial) != simdjson::SUCCESS) return verdict;
  if (simdjson::dom::element rejected; partial["rejectedSpans"].get(rejected) == simdjson::SUCCESS)
    verdict.rejected = number_in(rejected);
  std::string_view why;
  if (partial["errorMessage"].get(why) == simdjson::SUCCESS) verdict.why = why;
  return verdict;
}

}  // namespace

/// What came of one request.
struct OtlpExporter::Answer {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string body;
  std::string error;              // where there is no answer
  std::chrono::seconds after{0};  // that it asks to wait

  bool try_again() const {
    if (code == CURLE_OK) return asks_for_patience(status);
    return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_SEND_ERROR ||
           code == CURLE_GOT_NOTHING;
  }
};

/// One connection, kept open between requests.
class OtlpExporter::Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const OtlpOptions& options, const std::stop_token& stop) {
    DISPATCH_ASSIGN(auto global, delivery::CurlGlobal::acquire());
    std::unique_ptr<Connection> connection{new Connection{std::move(global), stop}};
    if (!connection->easy_) return fail("cannot set up libcurl for the export of traces");
    connection->set_up(options);
    return connection;
  }

  Answer post(std::string_view request) {
    Answer answer;
    CURL* easy = easy_.get();
    detail_[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
    answer.code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    if (answer.code != CURLE_OK)
      answer.error = detail_[0] != '\0' ? detail_.data() : curl_easy_strerror(answer.code);
    curl_off_t after = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after) == CURLE_OK)
      answer.after = std::min(std::chrono::seconds{after}, after_most);
    return answer;
  }

 private:
  Connection(delivery::CurlGlobal global, std::stop_token stop)
      : global_(std::move(global)), stop_(std::move(stop)), easy_(curl_easy_init()) {}

  void set_up(const OtlpOptions& options) {
    CURL* easy = easy_.get();
    add(headers_, "Content-Type: application/json");
    add(headers_, "Expect:");  // a body is sent at once
    for (const auto& [name, value] : options.headers) add(headers_, name + ": " + value.reveal());
    curl_easy_setopt(easy, CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, fmt::format("OTel-OTLP-Exporter-{}", product()).c_str());
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    if (!options.certificates.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options.certificates.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // or the system's directory is trusted as well
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Connection::on_body);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Connection::on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* to) {
    auto& body = *static_cast<std::string*>(to);
    if (body.size() + size * count > answer_most) return 0;
    body.append(bytes, size * count);
    return size * count;
  }
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Connection*>(self)->stop_.stop_requested() ? 1 : 0;
  }

  delivery::CurlGlobal global_;
  const std::stop_token stop_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  HeaderList headers_;
  delivery::EasyHandle easy_;
};

Result<std::unique_ptr<OtlpExporter>> OtlpExporter::make(OtlpOptions options,
                                                         std::shared_ptr<spdlog::logger> log,
                                                         std::stop_token stop) {
  std::unique_ptr<OtlpExporter> exporter{
      new OtlpExporter{std::move(options), std::move(log), std::move(stop)}};
  DISPATCH_ASSIGN(exporter->connection_, Connection::open(exporter->options_, exporter->stop_));
  return exporter;
}

OtlpExporter::OtlpExporter(OtlpOptions options, std::shared_ptr<spdlog::logger> log, std::stop_token stop)
    : options_(std::move(options)), log_(std::move(log)), stop_(std::move(stop)) {}

OtlpExporter::~OtlpExporter() = default;

void OtlpExporter::hurry() {
  hurry_.request_stop();
}

std::size_t OtlpExporter::send(std::string_view request, std::size_t spans) {
  const std::size_t lost = count_lost(insist(request), spans);
  lost_.fetch_add(lost, std::memory_order_relaxed);
  return lost;
}

OtlpExporter::Answer OtlpExporter::insist(std::string_view request) {
  const auto until = steady_clock::now() + options_.patience;
  std::chrono::milliseconds pause = options_.backoff;
  std::mutex mutex;
  std::condition_variable_any waking;
  const std::stop_callback wake{stop_, [&] {
                                  const std::scoped_lock lock{mutex};
                                  waking.notify_all();
                                }};
  while (true) {
    Answer answer = connection_->post(request);
    if (!answer.try_again()) return answer;
    const auto wait = std::max<std::chrono::milliseconds>(pause, answer.after);
    if (steady_clock::now() + wait >= until) return answer;
    if (answer.code != CURLE_OK) tell(fmt::format("it cannot be reached ({})", answer.error));
    std::unique_lock lock{mutex};
    waking.wait_for(lock, hurry_.get_token(), wait, [this] { return stop_.stop_requested(); });
    if (stop_.stop_requested() || hurry_.stop_requested()) return answer;
    pause = std::min<std::chrono::milliseconds>(2 * pause, backoff_most);
  }
}

std::size_t OtlpExporter::count_lost(const Answer& answer, std::size_t spans) {
  if (answer.code != CURLE_OK) {
    if (!stop_.stop_requested()) tell(answer.error);
    return spans;
  }
  if (answer.status < 200 || answer.status > 299) {
    tell(fmt::format("it answered HTTP {}", answer.status));
    return spans;
  }
  const auto verdict = read_response(answer.body);
  if (!verdict) {
    tell("its answer is not JSON");
    return spans;
  }
  if (verdict->rejected <= 0) return 0;
  tell(fmt::format("it rejected {} span(s): {}", verdict->rejected, escaped(verdict->why, answer_shown)));
  return std::min(spans, static_cast<std::size_t>(verdict->rejected));
}

void OtlpExporter::tell(std::string_view what) {
  if (std::exchange(told_, true)) return;
  log_->warn(
      "not all traces reach the collector at {}: {}; deliveries go on; see OTEL_EXPORTER_OTLP_ENDPOINT "
      "in "
      "dispatch-run(1)",
      origin_of(options_.url), what);
}

}  // namespace dispatch::telemetry
