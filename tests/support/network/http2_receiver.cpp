#include "support/network/http2_receiver.hpp"

#include "base/system/fd.hpp"
#include "support/network/loopback.hpp"
#include "support/network/names.hpp"
#include "support/network/server_identity.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/eventfd.h>

namespace dispatch::test {
namespace {

using Time = std::chrono::steady_clock::time_point;

struct SessionEnd {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

struct CallbacksEnd {
  void operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
};

nghttp2_nv http2_field(const std::string& name, const std::string& value) {
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

/// A stream, from its first header field until the server has done with it.
struct Stream {
  Http2Received request;
  Http2Reply reply;
  bool came_whole = false;
  std::size_t sent = 0;
};

/// An answer that is to be given later.
struct Due {
  Time at;
  std::int32_t stream;
};

}  // namespace

class Http2Receiver::Server {
 public:
  Server(Script script, const Setup& setup) : script_(std::move(script)), setup_(setup) {
    SSL_CTX_set_alpn_select_cb(context_.get(), &Server::choose_http2, nullptr);
    SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    thread_ = std::thread{[this] { run(); }};
  }
  ~Server() {
    stopping_ = true;
    wake();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  const std::filesystem::path& certificate() const { return identity_.file(); }
  std::vector<Http2Received> received() const {
    const std::scoped_lock lock{mutex_};
    return received_;
  }
  bool wait_for(std::size_t count, std::chrono::milliseconds timeout) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, timeout, [&] { return received_.size() >= count; });
  }
  std::size_t most_at_once() const { return most_at_once_; }
  std::size_t connections() const { return connections_; }
  std::size_t resumed() const { return resumed_; }
  void release() {
    released_ = true;
    wake();
  }

 private:
  struct Peer {
    Server& server;
    std::uint64_t number;
    Fd socket;
    TlsConnection tls;
    Time open_at;
    bool accepted = false;
    bool closing = false;  // once all was sent
    bool gone = false;
    std::unique_ptr<nghttp2_session, SessionEnd> session{};
    std::map<std::int32_t, Stream> streams{};
    std::vector<Due> due{};
    std::vector<std::int32_t> held{};
    std::string out{};
  };

  static int choose_http2(SSL*, const unsigned char** chosen, unsigned char* length,
                          const unsigned char* offered, unsigned bytes, void*) {
    static constexpr std::array<unsigned char, 3> ours{2, 'h', '2'};
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, length, ours.data(), ours.size(), offered, bytes) !=
        OPENSSL_NPN_NEGOTIATED)
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
  }

  void wake() const { ::eventfd_write(wake_.get(), 1); }

  void run() {
    sigset_t every;  // OpenSSL writes without MSG_NOSIGNAL
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, nullptr);
    while (!stopping_) {
      wait();
      for (Fd socket = accept_at(listener_); socket; socket = accept_at(listener_)) add(std::move(socket));
      for (Peer& peer : peers_) serve(peer);
      peers_.remove_if([&](const Peer& peer) {
        if (!peer.gone) return false;
        for (const auto& [number, stream] : peer.streams) at_once_ -= stream.came_whole ? 1 : 0;
        return true;
      });
    }
    peers_.clear();
  }

  void wait() {
    std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    Time next = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    for (const Peer& peer : peers_) {
      const short events = static_cast<short>(POLLIN | (peer.out.empty() ? 0 : POLLOUT));
      watched.push_back({peer.socket.get(), events, 0});
      if (peer.accepted && !peer.session) next = std::min(next, peer.open_at);
      for (const Due& due : peer.due) next = std::min(next, due.at);
    }
    const auto most =
        std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now()).count();
    ::poll(watched.data(), watched.size(), static_cast<int>(std::max<long>(most, 0)));
    eventfd_t woken = 0;
    if (watched[0].revents != 0) ::eventfd_read(wake_.get(), &woken);
  }

  void add(Fd socket) {
    TlsConnection tls{SSL_new(context_.get())};
    SSL_set_fd(tls.get(), socket.get());
    SSL_set_accept_state(tls.get());
    peers_.push_back({.server = *this,
                      .number = next_peer_++,
                      .socket = std::move(socket),
                      .tls = std::move(tls),
                      .open_at = std::chrono::steady_clock::now() + setup_.settings_after});
  }

  void serve(Peer& peer) {
    if (!peer.accepted && !accept(peer)) return;
    if (!peer.session) {
      if (std::chrono::steady_clock::now() < peer.open_at) return;
      open(peer);
    }
    read(peer);
    give_due(peer);
    write(peer);
    if (peer.closing && peer.out.empty()) {
      SSL_shutdown(peer.tls.get());
      peer.gone = true;
    }
  }

  bool accept(Peer& peer) {
    const int done = SSL_do_handshake(peer.tls.get());
    if (done == 1) {
      ++connections_;
      if (SSL_session_reused(peer.tls.get()) == 1) ++resumed_;
      return peer.accepted = true;
    }
    const int why = SSL_get_error(peer.tls.get(), done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) peer.gone = true;
    return false;
  }

  void open(Peer& peer) {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    const std::unique_ptr<nghttp2_session_callbacks, CallbacksEnd> callbacks{made};
    nghttp2_session_callbacks_set_on_header_callback(made, &Server::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &Server::on_body);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &Server::on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &Server::on_close);
    nghttp2_session* session = nullptr;
    nghttp2_session_server_new(&session, made, &peer);
    peer.session.reset(session);
    const std::array<nghttp2_settings_entry, 1> settings{
        {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, setup_.streams_most}}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  }

  void read(Peer& peer) {
    std::array<char, 16'384> buffer;
    while (!peer.gone) {
      const int got = SSL_read(peer.tls.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) {
        peer.gone = SSL_get_error(peer.tls.get(), got) != SSL_ERROR_WANT_READ;
        return;
      }
      if (peer.closing) continue;
      const auto taken =
          nghttp2_session_mem_recv(peer.session.get(), reinterpret_cast<const std::uint8_t*>(buffer.data()),
                                   static_cast<std::size_t>(got));
      peer.gone = taken < 0;
    }
  }

  void write(Peer& peer) {
    while (!peer.gone) {
      const std::uint8_t* frame = nullptr;
      const auto bytes = nghttp2_session_mem_send(peer.session.get(), &frame);
      if (bytes <= 0) break;
      peer.out.append(reinterpret_cast<const char*>(frame), static_cast<std::size_t>(bytes));
    }
    while (!peer.gone && !peer.out.empty()) {
      const int sent = SSL_write(peer.tls.get(), peer.out.data(), static_cast<int>(peer.out.size()));
      if (sent <= 0) {
        peer.gone = SSL_get_error(peer.tls.get(), sent) != SSL_ERROR_WANT_WRITE;
        return;
      }
      peer.out.erase(0, static_cast<std::size_t>(sent));
    }
  }

  void give_due(Peer& peer) {
    const auto now = std::chrono::steady_clock::now();
    for (const Due& due : std::exchange(peer.due, {})) {
      if (due.at > now)
        peer.due.push_back(due);
      else
        answer(peer, due.stream);
    }
    if (!released_) return;
    for (const auto stream : std::exchange(peer.held, {})) answer(peer, stream);
  }

  /// Does what the script says about a request that came whole.
  void act(Peer& peer, Stream& stream) {
    stream.came_whole = true;
    at_once_ += 1;
    most_at_once_ = std::max<std::size_t>(most_at_once_, at_once_);
    Http2Received& request = stream.request;
    {
      const std::scoped_lock lock{mutex_};
      request.number = received_.size();
      received_.push_back(request);
    }
    changed_.notify_all();
    const auto key = request.header("idempotency-key").value_or("");
    const Http2Reply& reply = stream.reply = script_(request, ++times_[key]);
    if (reply.last_stream >= 0)
      nghttp2_submit_goaway(peer.session.get(), NGHTTP2_FLAG_NONE, reply.last_stream, reply.goaway_code,
                            nullptr, 0);
    if (reply.manner == Http2Reply::Manner::reset)
      nghttp2_submit_rst_stream(peer.session.get(), NGHTTP2_FLAG_NONE, request.stream, reply.code);
    if (reply.manner == Http2Reply::Manner::held) peer.held.push_back(request.stream);
    if (reply.manner == Http2Reply::Manner::answered) {
      if (reply.delay.count() > 0)
        peer.due.push_back({std::chrono::steady_clock::now() + reply.delay, request.stream});
      else
        answer(peer, request.stream);
    }
    if (reply.closes) peer.closing = true;
  }

  void answer(Peer& peer, std::int32_t number) {
    const auto found = peer.streams.find(number);
    if (found == peer.streams.end()) return;
    const Http2Reply& reply = found->second.reply;
    const std::string status_name = ":status", status = std::to_string(reply.status);
    std::vector<nghttp2_nv> fields{http2_field(status_name, status)};
    for (const auto& [name, value] : reply.headers) fields.push_back(http2_field(name, value));
    const nghttp2_data_provider body{{.ptr = nullptr}, &Server::on_answer_body};
    nghttp2_submit_response(peer.session.get(), number, fields.data(), fields.size(),
                            reply.body.empty() ? nullptr : &body);
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_bytes, const std::uint8_t* value, std::size_t value_bytes,
                       std::uint8_t, void* user) {
    Peer& peer = *static_cast<Peer*>(user);
    Http2Received& request = peer.streams[frame->hd.stream_id].request;
    request.connection = peer.number;
    request.stream = frame->hd.stream_id;
    std::string field{reinterpret_cast<const char*>(name), name_bytes};
    std::string text{reinterpret_cast<const char*>(value), value_bytes};
    if (field == ":method") request.method = text;
    if (field == ":path") request.target = text;
    request.headers.emplace_back(std::move(field), std::move(text));
    return 0;
  }

  static int on_body(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                     std::size_t count, void* user) {
    static_cast<Peer*>(user)->streams[stream].request.body.append(reinterpret_cast<const char*>(bytes),
                                                                  count);
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Peer& peer = *static_cast<Peer*>(user);
    const bool of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!of_request || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    const auto found = peer.streams.find(frame->hd.stream_id);
    if (found != peer.streams.end()) peer.server.act(peer, found->second);
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
    Peer& peer = *static_cast<Peer*>(user);
    const auto found = peer.streams.find(stream);
    if (found == peer.streams.end()) return 0;
    if (found->second.came_whole) peer.server.at_once_ -= 1;
    peer.streams.erase(found);
    return 0;
  }

  static ssize_t on_answer_body(nghttp2_session*, std::int32_t number, std::uint8_t* into, std::size_t most,
                                std::uint32_t* flags, nghttp2_data_source*, void* user) {
    Stream& stream = static_cast<Peer*>(user)->streams[number];
    const auto rest = std::string_view{stream.reply.body}.substr(stream.sent).substr(0, most);
    std::memcpy(into, rest.data(), rest.size());
    stream.sent += rest.size();
    if (stream.sent == stream.reply.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(rest.size());
  }

  const Script script_;
  const Setup setup_;
  const ServerIdentity identity_{"127.0.0.1", std::chrono::hours{1}};
  TlsContext context_{identity_.context()};
  Fd listener_{listen_at("127.0.0.1", 0)};
  Fd wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  const std::uint16_t port_ = port_of(listener_);
  std::atomic<bool> stopping_ = false, released_ = false;
  std::atomic<std::size_t> connections_ = 0, resumed_ = 0, most_at_once_ = 0;
  std::size_t at_once_ = 0;  // the others are of the thread, or under mutex_
  std::uint64_t next_peer_ = 0;
  std::list<Peer> peers_;
  std::map<std::string, std::size_t> times_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Http2Received> received_;
  std::thread thread_;
};

Http2Receiver::Http2Receiver(Script script) : Http2Receiver(std::move(script), Setup{}) {}
Http2Receiver::Http2Receiver(Script script, const Setup& setup)
    : server_(std::make_unique<Server>(std::move(script), setup)) {}
Http2Receiver::~Http2Receiver() = default;

std::string Http2Receiver::url(const std::string& path) const {
  return "https://" + host_in_urls("127.0.0.1") + ":" + std::to_string(server_->port()) + path;
}
std::uint16_t Http2Receiver::port() const {
  return server_->port();
}
const std::filesystem::path& Http2Receiver::certificate() const {
  return server_->certificate();
}
std::vector<Http2Received> Http2Receiver::received() const {
  return server_->received();
}
std::size_t Http2Receiver::count() const {
  return server_->received().size();
}
std::size_t Http2Receiver::most_at_once() const {
  return server_->most_at_once();
}
std::size_t Http2Receiver::connections() const {
  return server_->connections();
}
std::size_t Http2Receiver::resumed() const {
  return server_->resumed();
}
bool Http2Receiver::wait_for(std::size_t count, std::chrono::milliseconds timeout) const {
  return server_->wait_for(count, timeout);
}
void Http2Receiver::release() {
  server_->release();
}

}  // namespace dispatch::test
