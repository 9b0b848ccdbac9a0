// What the program is compared with: the same requests by libcurl alone, with neither journal nor order.
//
//   --input FILE         events as generate_events writes them
//   --url URL            where each is posted (default: each event brings its own url)
//   --connections N      requests at a time (default 50)
//   --cacert FILE        the certificate authority of an https server, PEM (default the system's)
//
// It waits for its sockets as the program does (MultiLoop), sends the same headers, reuses its handles, and
// begins the next request as soon as one has ended. Prints what it did as JSON.

#include "bench/arguments.hpp"
#include "bench/client_report.hpp"
#include "bench/event_file.hpp"
#include "delivery/http/headers.hpp"
#include "delivery/http/multi_loop.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace dispatch::bench {
namespace {

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

class Client {
 public:
  struct Options {
    std::string url;     ///< empty: each event has its own
    std::string cacert;  ///< empty: the system's
    std::size_t connections = 0;
  };
  Client(EventFile& events, const Options& options) : events_(events) {
    auto loop = delivery::MultiLoop::open(options.connections);
    if (!loop) throw std::runtime_error{loop.error().message};
    loop_ = std::move(*loop);
    for (std::size_t i = 0; i < options.connections; ++i) slots_.push_back(make_slot(options));
  }

  ~Client() {
    for (const auto& slot : slots_) curl_multi_remove_handle(loop_->multi(), slot->easy.get());
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  ClientCounts run() {
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
  std::unique_ptr<Slot> make_slot(const Options& options) {
    auto slot = std::make_unique<Slot>();
    CURL* const easy = slot->easy.get();
    slot->loop = loop_.get();
    loop_->adopt(easy);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, slot.get());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot.get());
    curl_easy_setopt(easy, CURLOPT_URL, options.url.c_str());
    if (!options.cacert.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.cacert.c_str());
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

  EventFile& events_;
  std::unique_ptr<delivery::MultiLoop> loop_;
  std::vector<std::unique_ptr<Slot>> slots_;
  ClientCounts counts_;
};

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  using namespace dispatch::bench;
  return run_program("bare_client", argc, argv, [](Arguments& arguments) {
    const auto input = arguments.text("input", "");
    const Client::Options options{arguments.text("url", ""), arguments.text("cacert", ""),
                                  arguments.number("connections", 50)};
    arguments.done();
    const auto begin = std::chrono::steady_clock::now();
    EventFile events{input, options.url.empty()};
    return report(Client{events, options}.run(), begin);
  });
}
