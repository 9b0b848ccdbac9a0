#include "bench/syslog_ng.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 20ms;
constexpr auto longest_silence = 10s;
constexpr std::chrono::seconds end_limit{60};

/// The disk buffer is the one that syslog-ng calls not reliable, the faster of its two: what waits is in
/// memory as long as there is room.
std::string configuration(const std::string& version, const std::filesystem::path& file,
                          const std::string& url, const std::filesystem::path& state, std::uint64_t workers) {
  return fmt::format(R"(@version: {}
options {{ stats-freq(0); keep-hostname(yes); use-dns(no); dns-cache(no); }};
source input {{ file("{}" flags(no-parse) log-fetch-limit(1000) log-iw-size(10000)); }};
destination receiver {{
  http(url("{}") method("POST") headers("Content-Type: application/json") body("${{MSG}}") workers({}) timeout(5)
       disk-buffer(disk-buf-size(1073741824) reliable(no) dir("{}")));
}};
log {{ source(input); destination(receiver); flags(flow-control); }};
)",
                     version, file.string(), url, workers, state.string());
}

/// Waits until the server has answered that many requests, and returns when the last one came.
std::chrono::steady_clock::time_point await(const MeasuredProcess& process, Server& server,
                                            std::uint64_t requests) {
  std::uint64_t answered = 0;
  auto last = std::chrono::steady_clock::now();
  while (answered < requests) {
    if (process.ends_within(look_every)) throw std::runtime_error{"syslog-ng has ended: " + process.output()};
    const auto seen = server.served();
    answered += seen.requests;
    if (seen.requests > 0) last = seen.last;
    if (std::chrono::steady_clock::now() - last > longest_silence)
      throw std::runtime_error{fmt::format("syslog-ng has sent {} of {} requests and sends no more: {}",
                                           answered, requests, process.output())};
  }
  if (answered > requests)
    throw std::runtime_error{fmt::format("syslog-ng has sent {} requests and not {}", answered, requests)};
  return last;
}

}  // namespace

std::optional<SyslogNg> SyslogNg::find(const std::filesystem::path& root) {
  const auto libraries = root / "usr/lib/syslog-ng";
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator{libraries, none})
    if (std::filesystem::exists(entry.path() / "libhttp.so") &&
        std::filesystem::exists(entry.path() / "libdisk-buffer.so") &&
        std::filesystem::exists(root / "usr/sbin/syslog-ng"))
      return SyslogNg{root, entry.path(), entry.path().filename().string()};
  return std::nullopt;
}

Measured SyslogNg::run(const Workplace& place, const std::filesystem::path& file, Server& server,
                       std::uint64_t lines, std::uint64_t workers) const {
  const TempDir state{place.directory()};
  const auto path = [&](const char* name) { return (state / name).string(); };
  std::ofstream{path("configuration")} << configuration(version_, file, server.url(), state.path(), workers);
  const auto libraries = (root_ / "usr/lib").string();
  MeasuredProcess process{
      {"/usr/bin/env",
       fmt::format("LD_LIBRARY_PATH={0}/syslog-ng:{0}/x86_64-linux-gnu:{0}/aarch64-linux-gnu", libraries),
       (root_ / "usr/sbin/syslog-ng").string(), "--foreground", "--no-caps",
       "--module-path=" + modules_.string(), "--cfgfile=" + path("configuration"),
       "--persist-file=" + path("persist"), "--control=" + path("control"), "--pidfile=" + path("pid")},
      place / "syslog-ng.out"};
  const auto last = await(process, server, lines);
  process.signal(SIGTERM);
  auto measured = process.wait(end_limit);
  measured.seconds = std::chrono::duration<double>{last - measured.began}.count();
  return measured;
}

}  // namespace dispatch::bench
