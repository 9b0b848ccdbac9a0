#include "bench/workplace.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr std::chrono::seconds run_limit{1800};

}  // namespace

Workplace::Workplace(std::filesystem::path dispatch, std::filesystem::path programs,
                     const std::filesystem::path& parent, std::string http_client)
    : dispatch_(std::move(dispatch)),
      programs_(std::move(programs)),
      http_client_(std::move(http_client)),
      directory_(parent) {}

void Workplace::generate(const Input& input, const std::filesystem::path& file) const {
  std::vector<std::string> command{programs_ / "generate_events"};
  const auto add = [&](const char* option, std::uint64_t number) {
    command.insert(command.end(), {option, std::to_string(number)});
  };
  add("--events", input.events);
  add("--bytes", payload_bytes);
  add("--entities", input.entities);
  add("--hosts", input.hosts);
  add("--port", input.port);
  add("--names", input.names ? named_addresses : 0);
  if (input.uuids) command.emplace_back("--uuids");
  if (input.payloads) command.emplace_back("--payloads");
  MeasuredProcess process{command, file};
  finish(process, {0});
}

std::unique_ptr<Server> Workplace::serve(const Serving& serving) const {
  return std::make_unique<Server>(programs_ / "loopback_server", serving,
                                  directory_ / fmt::format("{}-{}.out", serving.name, serving.latency_ms));
}

void Workplace::make_identity(const std::filesystem::path& file) const {
  MeasuredProcess process{{"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                           "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=dispatch bench",
                           "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", file},
                          directory_ / "openssl.out"};
  finish(process, {0});
}

Measured Workplace::run_bare_client(const std::filesystem::path& events, const std::string& url,
                                    std::uint64_t connections, const std::filesystem::path& cacert) const {
  std::vector<std::string> command{programs_ / "bare_client", "--input", events, "--connections",
                                   std::to_string(connections)};
  if (!url.empty()) command.insert(command.end(), {"--url", url});
  if (!cacert.empty()) command.insert(command.end(), {"--cacert", cacert});
  MeasuredProcess process{command, directory_ / "bare_client.out"};
  return finish(process, {0});
}

Measured Workplace::run_bare_raw_client(const std::filesystem::path& events, const std::string& url,
                                        std::uint64_t connections) const {
  MeasuredProcess process{{programs_ / "bare_raw_client", "--input", events, "--url", url, "--connections",
                           std::to_string(connections)},
                          directory_ / "bare_raw_client.out"};
  return finish(process, {0});
}

std::vector<std::string> Workplace::dispatch_words(const std::string& command,
                                                   const std::filesystem::path& journal) const {
  std::vector<std::string> words{dispatch_, command, "--journal", journal};
  if (command == "run" && !http_client_.empty()) words.insert(words.end(), {"--http-client", http_client_});
  return words;
}

Measured Workplace::dispatch(const std::string& command, const std::filesystem::path& journal,
                             const std::vector<std::string>& arguments) const {
  auto words = dispatch_words(command, journal);
  words.emplace_back("--quiet");
  words.insert(words.end(), arguments.begin(), arguments.end());
  MeasuredProcess process{words, directory_ / "dispatch.out"};
  return finish(process, {0});
}

Measured Workplace::run_talking(const std::filesystem::path& journal,
                                const std::vector<std::string>& arguments,
                                const std::vector<std::string>& environment) const {
  std::vector<std::string> words{"/usr/bin/env"};
  words.insert(words.end(), environment.begin(), environment.end());
  const auto dispatch = dispatch_words("run", journal);
  words.insert(words.end(), dispatch.begin(), dispatch.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  MeasuredProcess process{words, directory_ / "dispatch.out"};
  return finish(process, {0});
}

Measured Workplace::run_by_name(const std::filesystem::path& journal,
                                const std::vector<std::string>& arguments) const {
  return run_talking(journal, arguments, {"LD_PRELOAD=" DISPATCH_BENCH_NAMES});
}

Measured Workplace::run_on_disk_of(std::chrono::microseconds sync, const std::filesystem::path& journal,
                                   const std::vector<std::string>& arguments) const {
  return run_talking(
      journal, arguments,
      {"LD_PRELOAD=" DISPATCH_BENCH_SLOW_DISK, fmt::format("DISPATCH_BENCH_SYNC_US={}", sync.count())});
}

void Workplace::profile(const std::filesystem::path& valgrind, const std::filesystem::path& out,
                        const std::string& http_client, const std::filesystem::path& journal,
                        const std::vector<std::string>& arguments) const {
  std::vector<std::string> words{valgrind, "--tool=callgrind", "--separate-threads=yes", "--quiet",
                                 "--callgrind-out-file=" + out.string()};
  words.insert(words.end(),
               {dispatch_, "run", "--journal", journal, "--quiet", "--http-client", http_client});
  words.insert(words.end(), arguments.begin(), arguments.end());
  MeasuredProcess process{words, directory_ / "dispatch.out"};
  finish(process, {0});
}

void Workplace::set_up(const std::vector<std::string>& words) const {
  std::vector<std::string> command{dispatch_};
  command.insert(command.end(), words.begin(), words.end());
  MeasuredProcess process{command, directory_ / "dispatch.out"};
  finish(process, {0});
}

Measured Workplace::resume(const std::filesystem::path& journal, std::chrono::seconds at_most) const {
  auto words = dispatch_words("run", journal);
  words.emplace_back("--quiet");
  MeasuredProcess process{words, directory_ / "dispatch.out"};
  if (!process.ends_within(at_most)) process.signal(SIGTERM);
  constexpr int interrupted = 5;
  return finish(process, {0, interrupted});
}

std::string Workplace::run_own(const std::string& program, const std::vector<std::string>& arguments) const {
  std::vector<std::string> words{programs_ / program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  MeasuredProcess process{words, directory_ / (program + ".out")};
  finish(process, {0});
  return process.output();
}

Measured Workplace::finish(MeasuredProcess& process, const std::vector<int>& good_exits) const {
  const auto measured = process.wait(run_limit);
  if (std::find(good_exits.begin(), good_exits.end(), measured.exit_code) == good_exits.end())
    throw std::runtime_error{fmt::format("exit code {}: {}", measured.exit_code, process.output())};
  return measured;
}

void remove_journal(const std::filesystem::path& journal) {
  for (const char* suffix : {"", "-wal", "-shm", ".gate"}) std::filesystem::remove(journal.string() + suffix);
}

std::uintmax_t journal_bytes(const std::filesystem::path& journal) {
  std::error_code none;  // a WAL that is not there
  const auto wal = std::filesystem::file_size(journal.string() + "-wal", none);
  return std::filesystem::file_size(journal) + (none ? 0 : wal);
}

}  // namespace dispatch::bench
