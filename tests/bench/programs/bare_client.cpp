// What the program is compared with: the same requests by libcurl alone, with neither journal nor order.
//
//   --input FILE         events as generate_events writes them
//   --url URL            where each is posted (default: each event brings its own url)
//   --connections N      requests at a time (default 50)
//
// It waits for its sockets as the program does (MultiLoop), sends the same headers, reuses its handles, and
// begins the next request as soon as one has ended. Prints what it did as JSON.

#include "base/random.hpp"
#include "bench/arguments.hpp"
#include "delivery/http/headers.hpp"
#include "delivery/http/multi_loop.hpp"
#include "event/outgoing.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>
#include <sys/resource.h>

namespace dispatch::bench {
namespace {

/// The events of a file, one after the other.
class Events {
 public:
  Events(const std::string& path, bool own_urls) : file_(path), own_urls_(own_urls) {
    if (!file_) throw std::runtime_error{"cannot open " + path};
    buffer_.resize(256 * 1024);
    file_.rdbuf()->pubsetbuf(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  }

  /// False at the end.
  bool next(Outgoing& event) {
    if (!std::getline(file_, line_)) return false;
    line_.reserve(line_.size() + simdjson::SIMDJSON_PADDING);
    auto document = parser_.iterate(line_, line_.capacity());
    event.event_id = std::string_view{document["event_id"]};
    event.entity_id = std::string_view{document["entity_id"]};
    event.sequence = SequenceNumber{std::int64_t{document["sequence_number"]}};
    if (own_urls_) event.url = std::string_view{document["url"]};
    event.type = std::string_view{document["type"]};
    event.payload = std::string_view{simdjson::to_json_string(document["payload"].value())};
    event.trace = tracing::started_trace({}, event.event_id, tracing::TraceContext::sampled_flag);
    return true;
  }

 private:
  std::ifstream file_;
  const bool own_urls_;
  std::vector<char> buffer_;
  std::string line_;
  simdjson::ondemand::parser parser_;
};

std::size_t discard(const char*, std::size_t, std::size_t bytes, void*) {
  return bytes;
}

/// One of the requests at a time.
struct Slot {
  delivery::EasyHandle easy{curl_easy_init()};
  Outgoing event;
  delivery::HeaderLines lines;
  std::vector<curl_slist> list;
  delivery::MultiLoop* loop = nullptr;
};

curl_socket_t open_socket(void* slot, curlsocktype, curl_sockaddr* address) {
  const auto& self = *static_cast<Slot*>(slot);
  return self.loop->open_socket(self.easy.get(), *address);
}

struct Counts {
  std::uint64_t events = 0;
  std::uint64_t failed = 0;
};

class Client {
 public:
  Client(Events& events, const std::string& url, std::size_t connections) : events_(events) {
    auto loop = delivery::MultiLoop::open(connections);
    if (!loop) throw std::runtime_error{loop.error().message};
    loop_ = std::move(*loop);
    for (std::size_t i = 0; i < connections; ++i) slots_.push_back(make_slot(url));
  }

  ~Client() {
    for (const auto& slot : slots_) curl_multi_remove_handle(loop_->multi(), slot->easy.get());
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Counts run() {
    std::size_t open = 0;
    for (const auto& slot : slots_) open += begin(*slot) ? 1 : 0;
    while (open > 0) {
      loop_->wait(std::nullopt);
      loop_->act();
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(loop_->multi(), &left)) {
        if (message->msg == CURLMSG_DONE && !next(*message)) --open;
      }
    }
    return counts_;
  }

 private:
  std::unique_ptr<Slot> make_slot(const std::string& url) {
    auto slot = std::make_unique<Slot>();
    CURL* const easy = slot->easy.get();
    slot->loop = loop_.get();
    loop_->adopt(easy);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, slot.get());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot.get());
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5'000L);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
    return slot;
  }

  /// False where there are no more events.
  bool begin(Slot& slot) {
    if (!events_.next(slot.event)) return false;
    slot.event.began =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    if (!delivery::write_headers(slot.event, slot.event.began, slot.lines))
      throw std::runtime_error{"cannot write headers"};
    slot.list.clear();
    for (std::size_t i = 0; i < slot.lines.size(); ++i) slot.list.push_back({slot.lines.line(i), nullptr});
    for (std::size_t i = 0; i + 1 < slot.list.size(); ++i) slot.list[i].next = &slot.list[i + 1];
    CURL* const easy = slot.easy.get();
    if (!slot.event.url.empty()) curl_easy_setopt(easy, CURLOPT_URL, slot.event.url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, slot.list.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot.event.payload.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(slot.event.payload.size()));
    curl_multi_add_handle(loop_->multi(), easy);
    return true;
  }

  /// Counts the request that has ended and begins another on its handle.
  bool next(const CURLMsg& done) {
    const CURLcode code = done.data.result;
    CURL* const easy = done.easy_handle;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    void* slot = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    ++counts_.events;
    if (code != CURLE_OK || status != 200) ++counts_.failed;
    loop_->release(easy);
    return begin(*static_cast<Slot*>(slot));
  }

  Events& events_;
  std::unique_ptr<delivery::MultiLoop> loop_;
  std::vector<std::unique_ptr<Slot>> slots_;
  Counts counts_;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  using namespace dispatch::bench;
  return run_program("bare_client", argc, argv, [](Arguments& arguments) {
    const auto input = arguments.text("input", "");
    const auto url = arguments.text("url", "");
    const auto connections = arguments.number("connections", 50);
    arguments.done();
    const auto begin = std::chrono::steady_clock::now();
    Events events{input, url.empty()};
    const auto counts = Client{events, url, connections}.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    fmt::print(
        "{{\"events\":{},\"failed\":{},\"seconds\":{:.3f},\"cpu_seconds\":{:.3f},\"peak_rss_kib\":{}}}\n",
        counts.events, counts.failed, took.count(), seconds(used.ru_utime) + seconds(used.ru_stime),
        used.ru_maxrss);
    return counts.failed == 0 ? 0 : 1;
  });
}
