#include "serve/http_server.hpp"

#include "base/system/fd.hpp"
#include "serve/delayed_answers.hpp"
#include "serve/listening_socket.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>

#include <fmt/format.h>
#include <microhttpd.h>

namespace dispatch::serve {
namespace {

/// Room for one connection's headers.
constexpr std::size_t connection_memory_bytes = std::size_t{128} * 1024;

/// Connections that were ended and that the daemon has not closed yet.
constexpr std::size_t ending_most = 64;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// One request and its answer, from the request line to the last byte of the answer.
struct Exchange {
  Request request;
  bool begun = false;
  bool too_large = false;
  std::optional<Response> response;  ///< once the handler has spoken
};

MHD_Result keep_header(void* request, MHD_ValueKind, const char* name, const char* value) {
  static_cast<Request*>(request)->headers.emplace_back(name, value == nullptr ? "" : value);
  return MHD_YES;
}

/// True where nobody can tell for sure where the request ends, or whom it is for.
bool is_ambiguous(const Request& request) {
  const auto count = [&](std::string_view name) {
    return std::count_if(request.headers.begin(), request.headers.end(),
                         [&](const auto& field) { return same_name(field.first, name); });
  };
  const auto encoding = request.header("Transfer-Encoding");
  const bool unknown_end = encoding && !same_name(*encoding, "chunked");
  const bool bad_name = std::any_of(request.headers.begin(), request.headers.end(), [](const auto& field) {
    return field.first.find_first_of(" \t") != std::string::npos;
  });
  return unknown_end || bad_name || count("Content-Length") + count("Transfer-Encoding") > 1 ||
         count("Host") > 1;
}

MHD_Result queue(MHD_Connection* connection, const Response& response) {
  // libmicrohttpd asks for a mutable pointer and copies what it points at.
  MHD_Response* const made = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (made == nullptr) return MHD_NO;
  for (const auto& [name, value] : response.headers)
    MHD_add_response_header(made, name.c_str(), value.c_str());
  const MHD_Result queued = MHD_queue_response(connection, static_cast<unsigned>(response.status), made);
  MHD_destroy_response(made);
  return queued;
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& [field, value] : headers)
    if (same_name(field, name)) return value;
  return std::nullopt;
}

class HttpServer::Daemon {
 public:
  Daemon(ServerOptions options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)), limits_(options_.connections) {}

  ~Daemon() {
    if (daemon_ == nullptr) return;
    delayed_.stop();
    MHD_stop_daemon(daemon_);
  }

  Result<> start() {
    DISPATCH_ASSIGN(auto listener, listen_at(options_.host, options_.port));
    port_ = listener.port;
    daemon_ = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Daemon::on_request,
        this, MHD_OPTION_LISTEN_SOCKET, listener.socket.get(), MHD_OPTION_CONNECTION_LIMIT,
        static_cast<unsigned>(options_.connections.connections_most + ending_most),
        MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(options_.idle_most.count()),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory_bytes, MHD_OPTION_URI_LOG_CALLBACK,
        &Daemon::on_target, this, MHD_OPTION_NOTIFY_COMPLETED, &Daemon::on_completed, this,
        MHD_OPTION_NOTIFY_CONNECTION, &Daemon::on_connection, this, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (daemon_ == nullptr) return fail("cannot serve at {}:{}: {}", options_.host, port_, errno_text(errno));
    listener.socket.release();  // the daemon closes it
    return {};
  }

  void drain(std::chrono::milliseconds patience) {
    draining_ = true;
    const Fd listener{MHD_quiesce_daemon(daemon_)};
    std::unique_lock lock{mutex_};
    all_answered_.wait_for(lock, patience, [&] { return owed_ == 0; });
  }

  std::uint16_t port() const { return port_; }
  const std::string& host() const { return options_.host; }

 private:
  static void* on_target(void*, const char* target, MHD_Connection*) noexcept {
    auto exchange = std::make_unique<Exchange>();
    exchange->request.target = target;
    return exchange.release();  // on_completed takes it back
  }

  static void on_completed(void* daemon, MHD_Connection* connection, void** state,
                           MHD_RequestTerminationCode) noexcept {
    const std::unique_ptr<Exchange> exchange{static_cast<Exchange*>(std::exchange(*state, nullptr))};
    auto& self = *static_cast<Daemon*>(daemon);
    if (exchange && exchange->begun) self.count_owed(-1);
    self.limits_.answered(connection);
  }

  static void on_connection(void* daemon, MHD_Connection* connection, void**,
                            MHD_ConnectionNotificationCode what) noexcept {
    auto& limits = static_cast<Daemon*>(daemon)->limits_;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
      limits.opened(connection);
    else
      limits.closed(connection);
  }

  static MHD_Result on_request(void* daemon, MHD_Connection* connection, const char*, const char* method,
                               const char*, const char* data, std::size_t* size, void** state) noexcept {
    auto& self = *static_cast<Daemon*>(daemon);
    auto& exchange = *static_cast<Exchange*>(*state);
    if (!exchange.begun) return self.begin(connection, method, exchange);
    if (*size > 0) {
      self.take_body({data, *size}, exchange);
      *size = 0;
      return MHD_YES;
    }
    if (!exchange.response) {
      exchange.response = self.answer(exchange);
      const auto delay = exchange.response->delay;
      self.limits_.answering(connection, delay);
      if (delay.count() == 0) return queue(connection, *exchange.response);
      if (self.delayed_.suspend(connection, std::chrono::steady_clock::now() + delay)) return MHD_YES;
    }
    // Resumed: its time has come, or the server ends and an answer before its time would be a wrong one.
    return self.delayed_.stopped() ? MHD_NO : queue(connection, *exchange.response);
  }

  MHD_Result begin(MHD_Connection* connection, const char* method, Exchange& exchange) {
    exchange.begun = true;
    exchange.request.method = method;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &keep_header, &exchange.request);
    count_owed(+1);
    if (!is_ambiguous(exchange.request)) return MHD_YES;
    limits_.answering(connection, {});
    return queue(connection, {.status = MHD_HTTP_BAD_REQUEST, .headers = {{"Connection", "close"}}});
  }

  void take_body(std::string_view data, Exchange& exchange) const {
    auto& body = exchange.request.body;
    exchange.too_large = exchange.too_large || data.size() > options_.body_most - body.size();
    if (!exchange.too_large) body += data;
  }

  Response answer(const Exchange& exchange) const {
    if (draining_) return {.status = MHD_HTTP_SERVICE_UNAVAILABLE, .headers = {{"Connection", "close"}}};
    if (exchange.too_large) return {.status = MHD_HTTP_CONTENT_TOO_LARGE};
    try {
      return handler_(exchange.request);
    } catch (const std::exception& bug) {
      return {.status = MHD_HTTP_INTERNAL_SERVER_ERROR, .body = bug.what()};
    }
  }

  void count_owed(int change) {
    const std::scoped_lock lock{mutex_};
    owed_ += change;
    if (owed_ == 0) all_answered_.notify_all();
  }

  const ServerOptions options_;
  const Handler handler_;
  ConnectionLimits limits_;
  std::uint16_t port_ = 0;
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::condition_variable all_answered_;
  int owed_ = 0;  // requests begun and not completed; under mutex_
  DelayedAnswers delayed_;
  MHD_Daemon* daemon_ = nullptr;
};

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, Handler handler) {
  try {
    auto daemon = std::make_unique<Daemon>(std::move(options), std::move(handler));
    DISPATCH_TRY(daemon->start());
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(daemon)}};
  } catch (const std::system_error& error) {
    return fail("cannot start the threads of the HTTP server: {}", error.what());
  }
}

HttpServer::HttpServer(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const {
  return daemon_->port();
}

std::string HttpServer::url() const {
  const auto& host = daemon_->host();
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("http://[{}]:{}", host, port()) : fmt::format("http://{}:{}", host, port());
}

void HttpServer::drain(std::chrono::milliseconds patience) {
  daemon_->drain(patience);
}

}  // namespace dispatch::serve
