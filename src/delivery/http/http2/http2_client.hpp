#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/http/direct/deadlines.hpp"
#include "delivery/http/direct/request_target.hpp"
#include "delivery/http/http2/http2_connection.hpp"
#include "delivery/http/http2/http2_request.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/http/multi_loop.hpp"
#include "delivery/http/transfer.hpp"
#include "delivery/transport.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dispatch::delivery {

/// Makes requests over HTTP/2 on connections that libcurl has made, several at a time on each. Belongs to the
/// loop's thread.
///
/// A request goes to a connection that has room for another stream. Otherwise it waits for one that is being
/// made, or one is made for it. A request that the server has not processed, because it refused the stream or
/// sent a GOAWAY (RFC 9113, 8.7), is made again on another connection, up to `refusals_most` times within its
/// timeout. No other request is made twice.
class Http2Client final : private Http2Events {
 public:
  struct Context {
    const HttpOptions& options;
    MultiLoop& loop;
    Random& random;
    const Clock& clock;
    std::vector<std::unique_ptr<Transfer>>& spare;  ///< where transfers go when their connections have ended
  };
  /// All of `context` is borrowed.
  explicit Http2Client(const Context& context) : context_(context) {}
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  static constexpr unsigned refusals_most = 5;

  /// True for an attempt over https, unless its server is known to speak HTTP/1.1 only. Not for URLs that
  /// only libcurl's own requests serve, and not by way of a proxy that is reached over https.
  bool serves(const Outgoing& outgoing);

  /// Begins the attempt, or lets it wait for a connection; `outgoing` is then moved. Returns false if a
  /// connection must be made for it. An error is the outcome of an attempt that cannot be sent.
  tl::expected<bool, Outcome> begin(Outgoing& outgoing, SteadyTime deadline);
  /// Begins the attempt for which `transfer` has connected. Its deadline stays.
  void begin_on_new(std::unique_ptr<Transfer> transfer);
  /// No connection was made for this attempt, which has ended.
  void not_connected(const Outgoing& outgoing);

  /// An attempt that is to begin elsewhere.
  struct Again {
    Outgoing outgoing;
    SteadyTime deadline;
    bool connect;  ///< a connection must be made for it; false: its server speaks HTTP/1.1 only
  };
  /// The attempts of that kind since the last call. They are under way.
  std::vector<Again> take_again() { return std::exchange(again_, {}); }

  /// Sends what was begun since the last call.
  void flush();

  /// The earliest deadline of the attempts under way.
  std::optional<SteadyTime> next_deadline() const { return deadlines_.next(); }
  void time_out(SteadyTime now);
  /// Ends every attempt.
  void cut();
  /// Closes idle connections that are too old for another request.
  void close_expired();
  /// Closes all connections. Nothing may be under way.
  void close_all();

  struct Ended {
    Report report;
    std::uint32_t host;  ///< Outgoing::host
  };
  /// The attempts that have ended since the last call.
  std::vector<Ended> take_ended() { return std::exchange(ended_, {}); }

 private:
  using Request = std::unique_ptr<Http2Request>;

  /// A server, and the requests for it.
  struct Place {
    std::vector<Http2Connection*> connections;
    std::deque<Request> waiting;
    std::size_t connecting = 0;
    std::size_t streams_each = 100;    ///< requests at a time that a new connection is expected to serve
    SteadyTime only_http1_until = {};  ///< the server does not speak HTTP/2
  };

  void ready(Http2Connection& connection, std::uint32_t events) override;
  Place& place_of(const Outgoing& outgoing);
  std::string place_name(const Outgoing& outgoing, const RequestTarget& target) const;
  Http2Connection* with_room(const Place& place);
  bool is_room_coming(const Place& place) const;
  Request make(Outgoing outgoing, SteadyTime deadline);
  void submit(Http2Connection& connection, Request request, const HeaderLines& lines);
  void sends(Http2Connection& connection);
  void settle_closed(Http2Connection& connection);
  void lose(Http2Connection& connection);
  void serve_waiting(Place& place);
  void use_http1(Place& place, Outgoing outgoing, SteadyTime deadline);
  void end(Request request, Outcome outcome);
  Request take(Http2Request& request);
  void close(Http2Connection& connection);

  const Context context_;
  RequestTargets targets_;
  HeaderLines lines_{HeaderLines::Form::wire};
  std::array<char, 16'384> buffer_{};  // of what is read
  std::unordered_map<std::string, Place> places_;
  std::unordered_map<std::uint64_t, unsigned> refusals_;  // by ticket, of those that are made again
  Deadlines<Http2Request> deadlines_;
  std::list<Http2Connection> connections_;
  std::vector<Http2Connection*> unsent_;  // with requests that flush() sends
  SteadyTime next_sweep_{};
  std::vector<Again> again_;
  std::vector<Ended> ended_;
};

}  // namespace dispatch::delivery
