#pragma once

#include "bench/measured_process.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace dispatch::bench {

/// What to ask of the server.
struct Serving {
  std::uint64_t latency_ms = 0;
  std::uint64_t hosts = 1;           ///< 127.0.0.1, 127.0.0.2 and so on
  std::uint16_t port = 0;            ///< 0: a free one
  std::string name = "server";       ///< of its output, where there are several
  std::filesystem::path identity{};  ///< for https: the certificate and its key, PEM; empty: http
};

/// What the server has seen.
struct Served {
  std::uint64_t requests = 0;
  std::uint64_t most_open = 0;                  ///< connections at a time
  std::chrono::steady_clock::time_point first;  ///< request; meaningless without requests
  std::chrono::steady_clock::time_point last;
};

/// The loopback_server that the clients talk to, for as long as the object lives.
class Server {
 public:
  Server(const std::filesystem::path& program, const Serving& serving, const std::filesystem::path& output);

  std::uint16_t port() const { return port_; }
  std::string url() const;

  /// What it has seen since the last call.
  Served served();

  /// Throws std::runtime_error where served() is not just so many requests: the figures would mean nothing.
  Served expect(std::uint64_t requests);

 private:
  std::string next_line();

  MeasuredProcess process_;
  std::size_t read_ = 0;  // of its output
  std::uint16_t port_ = 0;
  const char* const scheme_;
};

}  // namespace dispatch::bench
