#include "bench/waiting.hpp"

#include "base/system/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

namespace dispatch::bench {
namespace {

constexpr std::chrono::seconds longest_run{5};

/// Shares the blocks where the file system can. What it cannot share is on the disk before it returns, so
/// that the copy is not written out while something is measured.
void copy_journal(const std::filesystem::path& from, const std::filesystem::path& to) {
  const Fd source{::open(from.c_str(), O_RDONLY | O_CLOEXEC)};
  const Fd target{::open(to.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!source || !target)
    throw std::system_error{errno, std::generic_category(), "cannot copy " + from.string()};
  if (::ioctl(target.get(), FICLONE, source.get()) == 0) return;
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  if (::fsync(target.get()) != 0) throw std::system_error{errno, std::generic_category(), "fsync"};
}

}  // namespace

WaitingJournals::WaitingJournals(const Bench& bench)
    : place_(bench.place), directory_(bench.plan.keep.empty() ? bench.place.directory() : bench.plan.keep) {
  std::filesystem::create_directories(directory_);
  // The waiting deliveries have the port in their URLs.
  const auto port_file = directory_ / "waiting.port";
  Serving serving;
  std::ifstream{port_file} >> serving.port;
  server_ = place_.serve(serving);
  std::ofstream{port_file} << server_->port();
}

Waiting WaitingJournals::with(std::uint64_t events) const {
  Waiting waiting{events, directory_ / fmt::format("waiting-{}.db", events), {}};
  if (std::filesystem::exists(waiting.journal)) return waiting;
  const auto input = place_ / "waiting.jsonl";
  const auto unfinished = waiting.journal.string() + ".part";
  place_.generate({.events = events, .entities = std::max<std::uint64_t>(events / 10, 1)}, input);
  remove_journal(unfinished);
  waiting.ingest_peak_mib = place_.dispatch("ingest", unfinished, {"--to", server_->url(), input}).peak_mib;
  std::filesystem::remove(input);
  std::filesystem::rename(unfinished, waiting.journal);
  remove_journal(unfinished);
  return waiting;
}

WaitingRun WaitingJournals::run(const Waiting& waiting) const {
  const auto journal = place_ / "running.db";
  remove_journal(journal);
  copy_journal(waiting.journal, journal);
  server_->served();
  WaitingRun run;
  run.measured = place_.resume(journal, longest_run);
  run.served = server_->served();
  if (run.served.requests < 2) throw std::runtime_error{"hardly anything was sent: the figures mean nothing"};
  return run;
}

}  // namespace dispatch::bench
