#include "bench/workplace.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr std::chrono::seconds run_limit{900};
constexpr std::chrono::seconds stop_limit{60};

}  // namespace

TempDir::TempDir(const std::filesystem::path& parent) {
  std::string pattern = parent / "dispatch-bench-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::system_error{errno, std::generic_category(), "cannot make a directory in " + parent.string()};
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

LoopbackServer::LoopbackServer(const std::filesystem::path& program, const TempDir& directory,
                               std::uint64_t latency_ms)
    : process_({program, "--latency-ms", std::to_string(latency_ms)}, directory / "server.out") {
  // It has no other way to say that it listens than its first line.
  for (int i = 0; i < 500 && port_.find('\n') == std::string::npos; ++i) {
    if (process_.ends_within(std::chrono::milliseconds{10})) break;
    port_ = process_.output();
  }
  if (port_.find('\n') == std::string::npos) throw std::runtime_error{"the server does not start: " + port_};
  port_.resize(port_.find('\n'));
}

std::string LoopbackServer::url() const {
  return "http://127.0.0.1:" + port_ + "/";
}

std::uint64_t LoopbackServer::stop() {
  process_.signal(SIGTERM);
  process_.wait(stop_limit);
  const std::string counts = process_.output();
  constexpr std::string_view key = "\"requests\":";
  return std::stoull(counts.substr(counts.find(key) + key.size()));
}

Workplace::Workplace(std::filesystem::path dispatch, std::filesystem::path programs,
                     const std::filesystem::path& parent)
    : dispatch_(std::move(dispatch)), programs_(std::move(programs)), directory_(parent) {}

std::filesystem::path Workplace::generate(std::uint64_t events, std::uint64_t bytes,
                                          std::uint64_t entities) const {
  const auto path = directory_ / fmt::format("events-{}.jsonl", events);
  MeasuredProcess process{{programs_ / "generate_events", "--events", std::to_string(events), "--bytes",
                           std::to_string(bytes), "--entities", std::to_string(entities)},
                          path};
  finish(process, {0});
  return path;
}

std::unique_ptr<LoopbackServer> Workplace::serve(std::uint64_t latency_ms) const {
  return std::make_unique<LoopbackServer>(programs_ / "loopback_server", directory_, latency_ms);
}

Measured Workplace::run_bare_client(const std::filesystem::path& events, const std::string& url) const {
  MeasuredProcess process{{programs_ / "bare_client", "--input", events, "--url", url},
                          directory_ / "bare_client.out"};
  return finish(process, {0});
}

Measured Workplace::run_dispatch(const std::filesystem::path& events, const std::string& url) const {
  remove_journal();
  MeasuredProcess process{{dispatch_, "run", "--journal", journal(), "--quiet", "--to", url, events},
                          directory_ / "dispatch.out"};
  return finish(process, {0});
}

Measured Workplace::ingest(const std::filesystem::path& events, const std::string& url) const {
  remove_journal();
  MeasuredProcess process{{dispatch_, "ingest", "--journal", journal(), "--quiet", "--to", url, events},
                          directory_ / "dispatch.out"};
  return finish(process, {0});
}

Measured Workplace::resume(std::chrono::seconds at_most) const {
  MeasuredProcess process{{dispatch_, "run", "--journal", journal(), "--quiet"}, directory_ / "dispatch.out"};
  if (!process.ends_within(at_most)) process.signal(SIGTERM);
  constexpr int interrupted = 5;
  return finish(process, {0, interrupted});
}

Measured Workplace::finish(MeasuredProcess& process, const std::vector<int>& good_exits) const {
  const auto measured = process.wait(run_limit);
  if (std::find(good_exits.begin(), good_exits.end(), measured.exit_code) == good_exits.end())
    throw std::runtime_error{fmt::format("exit code {}: {}", measured.exit_code, process.output())};
  return measured;
}

void Workplace::remove_journal() const {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(journal() + suffix);
}

}  // namespace dispatch::bench
