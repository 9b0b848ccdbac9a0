#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include <microhttpd.h>

namespace dispatch::serve {

/// How many connections a server keeps, and how long it waits for what it is owed on one.
struct ConnectionBounds {
  std::size_t connections_most = 10'000;  ///< in all
  std::size_t per_address_most = 10'000;  ///< from one address
  /// From when a connection opens, or its last answer went out, until the next request has come whole; 0: no
  /// limit.
  std::chrono::milliseconds request_most{0};
  /// From when an answer is due until it has gone out; 0: no limit.
  std::chrono::milliseconds answer_most{0};
};

/// Keeps the connections of one daemon of libmicrohttpd within bounds, so that whoever opens many of them and
/// says nothing, or reads nothing, keeps nobody else out. A connection over a bound is let in, and the one
/// that has waited longest for its request is ended for it; where all are being answered, the new one is
/// ended. Connections are ended with shutdown(2), which the daemon notices. Safe for every thread.
class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ConnectionBounds& bounds);
  ~ConnectionLimits();
  ConnectionLimits(const ConnectionLimits&) = delete;
  ConnectionLimits& operator=(const ConnectionLimits&) = delete;

  // What the daemon says of its connections.
  void opened(MHD_Connection* connection);
  /// The request has come whole; its answer goes out after `delay`.
  void answering(MHD_Connection* connection, std::chrono::milliseconds delay);
  void answered(MHD_Connection* connection);
  /// Must be called before the descriptor is closed.
  void closed(MHD_Connection* connection);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Connection {
    int socket = -1;
    std::string address;        // bytes
    std::uint64_t waiting = 0;  // its place among those that wait for a request; 0: it is being answered
    Time due = Time::max();     // when it is ended
    bool ended = false;         // and not closed yet: it counts no more
  };
  using Connections = std::unordered_map<MHD_Connection*, Connection>;

  void wait_for_request(MHD_Connection* key, Connection& connection);
  void leave_queue(Connection& connection);
  void set_due(MHD_Connection* key, Connection& connection, std::chrono::milliseconds after,
               std::chrono::milliseconds most);
  bool make_room(const std::string& address);
  bool end_longest(const std::string* address);
  void end(Connection& connection);
  void leave_counts(Connection& connection);
  void run();

  const ConnectionBounds bounds_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Connections connections_;
  std::map<std::uint64_t, MHD_Connection*> waiting_;  // longest first
  std::uint64_t last_place_ = 0;
  std::size_t open_ = 0;  // of connections_, those that were not ended
  std::unordered_map<std::string, std::size_t> by_address_;
  std::multimap<Time, MHD_Connection*> due_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace dispatch::serve
