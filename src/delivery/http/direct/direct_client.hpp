#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/http/direct/connection.hpp"
#include "delivery/http/direct/deadlines.hpp"
#include "delivery/http/direct/idle_connections.hpp"
#include "delivery/http/direct/request_target.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/http/multi_loop.hpp"
#include "delivery/http/transfer.hpp"
#include "delivery/transport.hpp"

#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace dispatch::delivery {

/// Makes requests over HTTP/1.1 on connections that libcurl has made: name look-up, the choice of addresses,
/// TCP, proxy tunnels and TLS are libcurl's, requests and answers are read and written here. Belongs to the
/// loop's thread.
class DirectClient final : private ConnectionEvents {
 public:
  struct Context {
    const HttpOptions& options;
    MultiLoop& loop;
    Random& random;
    const Clock& clock;
    std::vector<std::unique_ptr<Transfer>>& spare;  ///< where transfers go when their connections have ended
  };
  /// All of `context` is borrowed.
  explicit DirectClient(const Context& context) : context_(context) {}
  DirectClient(const DirectClient&) = delete;
  DirectClient& operator=(const DirectClient&) = delete;

  /// Where the attempt leads. Null if only libcurl's own requests serve it: to an URL that is not plain, and
  /// without TLS by way of a proxy. Valid until the next call.
  const RequestTarget* target(const Outgoing& outgoing);

  /// When an attempt that begins now ends at the latest, and whether its connection is kept after it.
  struct Bounds {
    SteadyTime now;  ///< of the StallAwareClock
    bool keep;
  };
  /// Begins the attempt on a kept connection; `outgoing` is then moved. Returns false if there is none that
  /// may serve it. An error is the outcome of an attempt that cannot be sent.
  tl::expected<bool, Outcome> begin_on_kept(Outgoing& outgoing, const RequestTarget& target,
                                            const Bounds& bounds);
  /// Begins the attempt for which `transfer` has connected, unless it is at its deadline at `now`, which is
  /// of the StallAwareClock.
  void begin_on_new(std::unique_ptr<Transfer> transfer, SteadyTime now);

  /// The earliest deadline of the attempts under way.
  std::optional<SteadyTime> next_deadline() const { return deadlines_.next(); }
  void time_out(SteadyTime now);
  /// Ends every attempt.
  void cut();
  /// Closes idle connections that are too old for another request.
  void close_expired();
  /// Closes the connections that have been idle longest until no more than `most` are. Returns true if it
  /// closed any.
  bool close_idle_above(std::size_t most);
  std::size_t idle() const { return idle_.size(); }
  std::size_t under_way() const { return connections_.size() - idle_.size(); }
  /// Closes all connections. Nothing may be under way.
  void close_all() { connections_.clear(); }

  struct Ended {
    Report report;
    std::uint32_t host;  ///< Outgoing::host
  };
  /// The attempts that have ended since the last call.
  std::vector<Ended> take_ended() { return std::exchange(ended_, {}); }

 private:
  void ready(Connection& connection, std::uint32_t events) override;
  Connection* usable(const RequestTarget& target, bool public_only);
  void prepare(Connection& connection, Exchange::Start start, const RequestTarget& target,
               const HeaderLines& lines, SteadyTime deadline);
  void give_up(Connection& connection, int error);
  void advance(Connection& connection, std::uint32_t events);
  void end(Connection& connection, Report report, bool reuse);
  void close(Connection& connection);
  SteadyTime retirement(SteadyTime born);
  std::unique_ptr<Exchange> spare_exchange();

  const Context context_;
  RequestTargets targets_;
  HeaderLines lines_{HeaderLines::Form::wire};
  std::array<char, 16'384> buffer_{};  // of what is read
  Deadlines<Connection> deadlines_;
  IdleConnections idle_;
  std::list<Connection> connections_;
  std::vector<std::unique_ptr<Exchange>> spare_exchanges_;
  std::vector<Ended> ended_;
};

}  // namespace dispatch::delivery
