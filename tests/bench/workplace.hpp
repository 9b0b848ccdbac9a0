#pragma once

#include "bench/measured_process.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::bench {

/// A temporary directory; removed at the end with all that is in it.
class TempDir {
 public:
  /// Below `parent`. Throws std::system_error.
  explicit TempDir(const std::filesystem::path& parent);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// The server that the clients talk to, for as long as the object lives.
class LoopbackServer {
 public:
  LoopbackServer(const std::filesystem::path& program, const TempDir& directory, std::uint64_t latency_ms);
  std::string url() const;
  /// Ends it and says how many requests it has answered.
  std::uint64_t stop();

 private:
  MeasuredProcess process_;
  std::string port_;
};

/// Where the benchmark happens, and the programs it runs.
class Workplace {
 public:
  /// `dispatch`: the program; `programs`: the directory of the others; `parent`: where its temporary files
  /// go, the journal among them.
  Workplace(std::filesystem::path dispatch, std::filesystem::path programs,
            const std::filesystem::path& parent);

  const TempDir& directory() const { return directory_; }

  /// Writes a file of events and returns its path.
  std::filesystem::path generate(std::uint64_t events, std::uint64_t bytes, std::uint64_t entities) const;
  std::unique_ptr<LoopbackServer> serve(std::uint64_t latency_ms) const;

  /// One run of the bare client over the file.
  Measured run_bare_client(const std::filesystem::path& events, const std::string& url) const;
  /// One run of the program over the file with a new journal.
  Measured run_dispatch(const std::filesystem::path& events, const std::string& url) const;

  /// Accepts the file into a new journal, for destination `url`.
  Measured ingest(const std::filesystem::path& events, const std::string& url) const;
  /// Runs what that journal holds, and stops it after `at_most` if it goes on so long.
  Measured resume(std::chrono::seconds at_most) const;

 private:
  Measured finish(MeasuredProcess& process, const std::vector<int>& good_exits) const;
  std::string journal() const { return directory_ / "journal.db"; }
  void remove_journal() const;

  std::filesystem::path dispatch_;
  std::filesystem::path programs_;
  TempDir directory_;
};

}  // namespace dispatch::bench
