#include "bench/server.hpp"

#include "bench/json_number.hpp"

#include <csignal>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

std::chrono::steady_clock::time_point moment(const std::string& json, const std::string& key) {
  // A double is exact to a microsecond for centuries of uptime.
  const std::chrono::nanoseconds since_boot{static_cast<std::int64_t>(json_number(json, key))};
  return std::chrono::steady_clock::time_point{since_boot};
}

std::vector<std::string> command_of(const std::filesystem::path& program, const Serving& serving) {
  std::vector<std::string> command{program};
  const auto add = [&](const char* option, std::uint64_t number) {
    command.insert(command.end(), {option, std::to_string(number)});
  };
  add("--latency-ms", serving.latency_ms);
  add("--hosts", serving.hosts);
  add("--port", serving.port);
  if (!serving.identity.empty()) command.insert(command.end(), {"--tls", serving.identity});
  return command;
}

}  // namespace

Server::Server(const std::filesystem::path& program, const Serving& serving,
               const std::filesystem::path& output)
    : process_(command_of(program, serving), output),
      port_(static_cast<std::uint16_t>(std::stoul(next_line()))),
      scheme_(serving.identity.empty() ? "http" : "https") {}

std::string Server::url() const {
  return fmt::format("{}://127.0.0.1:{}/", scheme_, port_);
}

Served Server::served() {
  process_.signal(SIGUSR1);
  const std::string json = next_line();
  return {static_cast<std::uint64_t>(json_number(json, "requests")),
          static_cast<std::uint64_t>(json_number(json, "most_open")), moment(json, "first_ns"),
          moment(json, "last_ns")};
}

Served Server::expect(std::uint64_t requests) {
  const auto seen = served();
  if (seen.requests != requests)
    throw std::runtime_error{fmt::format(
        "the server answered {} requests and not {}: the figures mean nothing", seen.requests, requests)};
  return seen;
}

std::string Server::next_line() {
  // Its output is a file, which cannot be waited for.
  for (int i = 0; i < 500; ++i) {
    const std::string output = process_.output();
    if (const auto end = output.find('\n', read_); end != std::string::npos) {
      const auto line = output.substr(read_, end - read_);
      read_ = end + 1;
      return line;
    }
    if (process_.ends_within(std::chrono::milliseconds{10}))
      throw std::runtime_error{"the server has ended: " + process_.output()};
  }
  throw std::runtime_error{"the server says nothing"};
}

}  // namespace dispatch::bench
