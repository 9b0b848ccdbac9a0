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

/// Limits on a server's connections and on its waits for clients.
struct ConnectionBounds {
  std::size_t connections_most = 10'000;  ///< in total
  std::size_t per_address_most = 10'000;  ///< from one address
  /// From the opening of a connection, or the end of its last answer, until the next request is complete; 0:
  /// no limit.
  std::chrono::milliseconds request_most{0};
  /// From when an answer is due until it is sent completely; 0: no limit.
  std::chrono::milliseconds answer_most{0};
};

/// Limits the connections of one libmicrohttpd daemon, so that clients that open many connections and send or
/// read nothing cannot block others. A connection over a limit is accepted, and the one that has waited
/// longest for its request is closed instead; if all are being answered, the new one is closed. Uses
/// shutdown(2), which the daemon notices. Thread-safe.
class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ConnectionBounds& bounds);
  ~ConnectionLimits();
  ConnectionLimits(const ConnectionLimits&) = delete;
  ConnectionLimits& operator=(const ConnectionLimits&) = delete;

  // The daemon reports the states of its connections through these.
  void opened(MHD_Connection* connection);
  /// The request is complete; its answer is sent after `delay`.
  void answering(MHD_Connection* connection, std::chrono::milliseconds delay);
  void answered(MHD_Connection* connection);
  /// Call it before the descriptor is closed.
  void closed(MHD_Connection* connection);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Connection {
    int socket = -1;
    std::string address;  // bytes
    std::uint64_t waiting =
        0;  // order number among connections that wait for a request; 0: it is being answered
    Time due = Time::max();  // when it will be closed
    bool ended = false;      // shut down and not closed yet: it does not count any more
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
  std::map<std::uint64_t, MHD_Connection*> waiting_;  // longest wait first
  std::uint64_t last_place_ = 0;
  std::size_t open_ = 0;  // number of entries in connections_ that were not ended
  std::unordered_map<std::string, std::size_t> by_address_;
  std::multimap<Time, MHD_Connection*> due_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace dispatch::serve
