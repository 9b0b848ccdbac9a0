#include "serve/connection_limits.hpp"

#include <algorithm>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

namespace dispatch::serve {
namespace {

/// The address without the port; empty where there is none, as at a Unix socket.
std::string address_of(MHD_Connection* connection) {
  const auto* const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return {};
  if (info->client_addr->sa_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in*>(info->client_addr)->sin_addr;
    return {reinterpret_cast<const char*>(&address), sizeof address};
  }
  if (info->client_addr->sa_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6*>(info->client_addr)->sin6_addr;
    return {reinterpret_cast<const char*>(&address), sizeof address};
  }
  return {};
}

int socket_of(MHD_Connection* connection) {
  const auto* const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

}  // namespace

ConnectionLimits::ConnectionLimits(const ConnectionBounds& bounds)
    : bounds_(bounds), thread_([this] { run(); }) {}

ConnectionLimits::~ConnectionLimits() {
  {
    const std::scoped_lock lock{mutex_};
    stopped_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void ConnectionLimits::opened(MHD_Connection* connection) {
  Connection opened{.socket = socket_of(connection), .address = address_of(connection)};
  const std::scoped_lock lock{mutex_};
  const bool room = make_room(opened.address);
  ++open_;
  ++by_address_[opened.address];
  Connection& kept = connections_.insert_or_assign(connection, std::move(opened)).first->second;
  wait_for_request(connection, kept);
  if (!room) end(kept);
}

void ConnectionLimits::answering(MHD_Connection* connection, std::chrono::milliseconds delay) {
  const std::scoped_lock lock{mutex_};
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  leave_queue(found->second);
  set_due(connection, found->second, delay, bounds_.answer_most);
}

void ConnectionLimits::answered(MHD_Connection* connection) {
  const std::scoped_lock lock{mutex_};
  const auto found = connections_.find(connection);
  if (found != connections_.end() && !found->second.ended) wait_for_request(connection, found->second);
}

void ConnectionLimits::closed(MHD_Connection* connection) {
  const std::scoped_lock lock{mutex_};
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  set_due(connection, found->second, {}, {});
  leave_counts(found->second);
  connections_.erase(found);
}

void ConnectionLimits::wait_for_request(MHD_Connection* key, Connection& connection) {
  leave_queue(connection);
  connection.waiting = ++last_place_;
  waiting_.emplace(connection.waiting, key);
  set_due(key, connection, {}, bounds_.request_most);
}

void ConnectionLimits::leave_queue(Connection& connection) {
  waiting_.erase(std::exchange(connection.waiting, 0));
}

void ConnectionLimits::set_due(MHD_Connection* key, Connection& connection, std::chrono::milliseconds after,
                               std::chrono::milliseconds most) {
  const auto [begin, end] = due_.equal_range(connection.due);
  const auto former = std::find_if(begin, end, [key](const auto& entry) { return entry.second == key; });
  if (former != end) due_.erase(former);
  connection.due = most.count() == 0 ? Time::max() : std::chrono::steady_clock::now() + after + most;
  if (connection.due == Time::max()) return;
  const auto place = due_.emplace(connection.due, key);
  if (place == due_.begin()) changed_.notify_one();
}

bool ConnectionLimits::make_room(const std::string& address) {
  const auto from_here = by_address_.find(address);
  if (from_here != by_address_.end() && from_here->second >= bounds_.per_address_most)
    return end_longest(&address);
  return open_ < bounds_.connections_most || end_longest(nullptr);
}

bool ConnectionLimits::end_longest(const std::string* address) {
  const auto longest = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& entry) {
    return address == nullptr || connections_.at(entry.second).address == *address;
  });
  if (longest == waiting_.end()) return false;
  end(connections_.at(longest->second));
  return true;
}

void ConnectionLimits::end(Connection& connection) {
  leave_counts(connection);
  ::shutdown(connection.socket, SHUT_RDWR);
}

void ConnectionLimits::leave_counts(Connection& connection) {
  leave_queue(connection);
  if (std::exchange(connection.ended, true)) return;
  --open_;
  if (--by_address_[connection.address] == 0) by_address_.erase(connection.address);
}

void ConnectionLimits::run() {
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto [time, key] = *due_.begin();
    if (std::chrono::steady_clock::now() < time) {
      changed_.wait_until(lock, time);
      continue;
    }
    Connection& connection = connections_.at(key);
    end(connection);
    set_due(key, connection, {}, {});
  }
}

}  // namespace dispatch::serve
