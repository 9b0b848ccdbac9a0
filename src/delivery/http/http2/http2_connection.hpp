#pragma once

#include "base/clock.hpp"
#include "delivery/http/direct/channel.hpp"
#include "delivery/http/direct/request_target.hpp"
#include "delivery/http/headers.hpp"
#include "delivery/http/http2/http2_request.hpp"
#include "delivery/http/multi_loop.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>

namespace dispatch::delivery {

class Http2Connection;

/// What happens on connections.
class Http2Events {
 public:
  virtual ~Http2Events() = default;
  /// The socket is ready. May end the connection.
  virtual void ready(Http2Connection& connection, std::uint32_t events) = 0;
};

/// One connection that speaks HTTP/2 (RFC 9113), and the requests that are streams of it.
class Http2Connection final : public SocketOwner {
 public:
  struct Setup {
    std::unique_ptr<Channel> channel;
    std::string place;    ///< as in Http2Request
    std::string address;  ///< as in Outcome
    SteadyTime retire;    ///< when it is too old for another request
  };
  /// `events` is borrowed.
  Http2Connection(Http2Events& events, Setup setup) : setup_(std::move(setup)), events_(events) {}
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  /// Says hello. Returns false if there is no memory.
  bool open();

  /// Makes the request a stream; `lines` are its header fields, in the form of the wire. Advance afterwards.
  void submit(std::unique_ptr<Http2Request> request, const RequestTarget& target, const HeaderLines& lines);
  /// Takes back a request; its stream is cancelled.
  std::unique_ptr<Http2Request> take(const Http2Request& request);
  std::vector<std::unique_ptr<Http2Request>> take_all();

  /// Sends and reads what can be; `ready` are the socket's events.
  void advance(std::uint32_t ready, std::span<char> buffer);
  /// The events to wait for.
  std::uint32_t awaited() const;

  struct Closed {
    std::unique_ptr<Http2Request> request;
    std::uint32_t code;  ///< RFC 9113, 7
  };
  /// The requests whose streams were closed since the last call.
  std::vector<Closed> take_closed();

  /// True if another request may be sent now.
  bool has_room(SteadyTime now) const;
  /// Whether has_room() may become true again.
  bool takes_more(SteadyTime now) const;
  /// How many requests at a time the server lets it have; 1 until the server has said so.
  std::size_t streams_most() const;
  bool knows_streams_most() const { return knows_settings_; }
  /// No further request may be sent.
  void drain() { draining_ = true; }
  /// Tells the server that nothing more will come.
  void say_goodbye();

  std::size_t streams() const { return streams_.size(); }
  /// True if the connection is of no more use.
  bool has_ended() const { return lost_ || (streams_.empty() && !takes_more(SteadyTime::min())); }
  /// Why it ended, if that was unexpected.
  const std::string& why_lost() const { return why_lost_; }

  Channel& channel() const { return *setup_.channel; }
  const std::string& place() const { return setup_.place; }
  const std::string& address() const { return setup_.address; }
  SteadyTime retire() const { return setup_.retire; }
  SteadyTime received() const { return received_; }

  void ready(std::uint32_t events) override { events_.ready(*this, events); }

  std::uint32_t watched = 0;                    ///< the events that are waited for
  SteadyTime idle_since{};                      ///< while it has no stream
  std::list<Http2Connection>::iterator self{};  ///< in the list that owns it

 private:
  struct SessionEnd {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  static nghttp2_session_callbacks* callbacks();
  static Http2Request* request_of(nghttp2_session* session, std::int32_t stream);
  static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t,
                       const std::uint8_t* value, std::size_t, std::uint8_t, void*) noexcept;
  static int on_frame(nghttp2_session*, const nghttp2_frame*, void* connection) noexcept;
  static int on_not_sent(nghttp2_session*, const nghttp2_frame*, int, void*) noexcept;
  static int on_body(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t*, std::size_t,
                     void*) noexcept;
  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* connection) noexcept;
  static ssize_t on_payload(nghttp2_session*, std::int32_t stream, std::uint8_t* into, std::size_t most,
                            std::uint32_t* flags, nghttp2_data_source*, void*) noexcept;
  void read(std::span<char> buffer);
  void write(std::span<char> buffer);
  void lose(std::string why);

  const Setup setup_;
  Http2Events& events_;
  std::unordered_map<std::int32_t, std::unique_ptr<Http2Request>> streams_;
  std::vector<std::pair<std::int32_t, std::uint32_t>> closed_;
  bool knows_settings_ = false;
  bool draining_ = false;
  bool lost_ = false;
  std::string why_lost_;
  SteadyTime received_{};                                          // when something last came
  std::uint32_t read_awaits_ = EPOLLIN, write_awaits_ = EPOLLOUT;  // what reading and writing wait for
  std::string out_;                                                // frames that are not sent yet, from sent_
  std::size_t sent_ = 0;
  std::unique_ptr<nghttp2_session, SessionEnd> session_;  // its callbacks use the members above
};

}  // namespace dispatch::delivery
