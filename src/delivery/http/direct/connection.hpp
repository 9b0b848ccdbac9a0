#pragma once

#include "base/clock.hpp"
#include "delivery/http/direct/channel.hpp"
#include "delivery/http/direct/deadlines.hpp"
#include "delivery/http/direct/exchange.hpp"
#include "delivery/http/direct/intrusive_list.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>

namespace dispatch::delivery {

class Connection;

/// What happens on connections.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  /// The socket is ready. May end the connection.
  virtual void ready(Connection& connection, std::uint32_t events) = 0;
};

/// One kept connection. While it has an exchange it is busy, otherwise idle.
class Connection final : public SocketOwner {
 public:
  struct Setup {
    std::unique_ptr<Channel> channel;
    std::string place;    ///< as in RequestTarget
    std::string address;  ///< as in Outcome
    SteadyTime retire;    ///< when it is too old for another exchange
  };
  /// `events` is borrowed.
  Connection(ConnectionEvents& events, Setup setup) : setup_(std::move(setup)), events_(events) {}

  Channel& channel() const { return *setup_.channel; }
  const std::string& place() const { return setup_.place; }
  const std::string& address() const { return setup_.address; }
  SteadyTime retire() const { return setup_.retire; }

  void ready(std::uint32_t events) override { events_.ready(*this, events); }

  std::unique_ptr<Exchange> exchange;  ///< null: idle
  bool keep = true;                    ///< whether it is kept after this exchange
  std::uint32_t awaited = 0;           ///< the events that are waited for
  SteadyTime deadline{};               ///< of the exchange, in the time of the StallAwareClock
  SteadyTime idle_since{};             ///< the last time
  bool has_rested = false;             ///< it had to rest before this exchange

  DeadlineHook<Connection> of_deadline{*this};  ///< while busy
  ListHook<Connection> of_place{*this};         ///< while idle, among those to the same place
  ListHook<Connection> of_age{*this};           ///< while idle, among all
  std::list<Connection>::iterator self;         ///< in the list that owns it

 private:
  const Setup setup_;
  ConnectionEvents& events_;
};

}  // namespace dispatch::delivery
