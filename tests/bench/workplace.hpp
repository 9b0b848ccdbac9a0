#pragma once

#include "bench/measured_process.hpp"
#include "bench/server.hpp"
#include "bench/temp_dir.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::bench {

/// What to ask of generate_events.
struct Input {
  std::uint64_t events = 0;
  std::uint64_t entities = 1;
  std::uint64_t hosts = 0;  ///< 0: the events bring no url
  std::uint16_t port = 0;   ///< of those urls
  bool names = false;       ///< each event brings a url at a host of its own, which has a name
  bool uuids = false;       ///< event ids are random UUIDs and not ascending
  bool payloads = false;    ///< the payloads alone, one a line
};

/// Where the benchmark happens, and the programs it runs. Each call runs one to its end and throws
/// std::runtime_error where it fails.
class Workplace {
 public:
  /// `dispatch`: the program; `programs`: the directory of the others; `parent`: where its temporary files
  /// go, the journals among them; `http_client`: for `dispatch run --http-client`; empty: its default.
  Workplace(std::filesystem::path dispatch, std::filesystem::path programs,
            const std::filesystem::path& parent, std::string http_client);

  const std::filesystem::path& directory() const { return directory_.path(); }
  std::filesystem::path operator/(const std::string& name) const { return directory_ / name; }

  /// Writes a file of events, with payloads of payload_bytes.
  void generate(const Input& input, const std::filesystem::path& file) const;
  std::unique_ptr<Server> serve(const Serving& serving = {}) const;
  /// Writes a new key and a certificate for 127.0.0.1, valid for a day, to the file (PEM), by openssl.
  void make_identity(const std::filesystem::path& file) const;

  /// One run of the bare client over the file. Without `url` each event brings its own; `cacert`: the
  /// certificate of a server with TLS.
  Measured run_bare_client(const std::filesystem::path& events, const std::string& url,
                           std::uint64_t connections, const std::filesystem::path& cacert = {}) const;
  /// One run of the bare client that works without libcurl.
  Measured run_bare_raw_client(const std::filesystem::path& events, const std::string& url,
                               std::uint64_t connections) const;

  /// `dispatch COMMAND --journal JOURNAL --quiet ARGUMENTS...`; as all runs below, `run` with the http client
  /// that is measured.
  Measured dispatch(const std::string& command, const std::filesystem::path& journal,
                    const std::vector<std::string>& arguments) const;
  /// `dispatch run --journal JOURNAL ARGUMENTS...`, which talks as usual, with these variables.
  Measured run_talking(const std::filesystem::path& journal, const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment) const;
  /// `dispatch run --journal JOURNAL ARGUMENTS...`, which finds the addresses of the names of
  /// generate_events.
  Measured run_by_name(const std::filesystem::path& journal, const std::vector<std::string>& arguments) const;
  /// The same on a disk whose fdatasync takes that long, whatever the real one does.
  Measured run_on_disk_of(std::chrono::microseconds sync, const std::filesystem::path& journal,
                          const std::vector<std::string>& arguments) const;
  /// `dispatch run --journal JOURNAL --quiet --http-client CLIENT ARGUMENTS...` under callgrind, which writes
  /// files that begin with `out`, one for each thread.
  void profile(const std::filesystem::path& valgrind, const std::filesystem::path& out,
               const std::string& http_client, const std::filesystem::path& journal,
               const std::vector<std::string>& arguments) const;
  /// `dispatch WORDS...`, for what is not measured.
  void set_up(const std::vector<std::string>& words) const;
  /// `dispatch run` of what waits in the journal, told to stop after `at_most` if it goes on so long.
  Measured resume(const std::filesystem::path& journal, std::chrono::seconds at_most) const;

  /// One of the benchmark's own programs; gives what it has printed.
  std::string run_own(const std::string& program, const std::vector<std::string>& arguments) const;

 private:
  std::vector<std::string> dispatch_words(const std::string& command,
                                          const std::filesystem::path& journal) const;
  Measured finish(MeasuredProcess& process, const std::vector<int>& good_exits) const;

  std::filesystem::path dispatch_;
  std::filesystem::path programs_;
  std::string http_client_;
  TempDir directory_;
};

/// Names of generate_events lead to 127.0.0.1, 127.0.0.2 and so on, to so many: one alone would have too few
/// ports.
inline constexpr std::uint64_t named_addresses = 200;

/// Of each event.
inline constexpr std::uint64_t payload_bytes = 300;

/// Removes the journal and what lies beside it.
void remove_journal(const std::filesystem::path& journal);

/// What the journal takes on the disk: its file and its WAL.
std::uintmax_t journal_bytes(const std::filesystem::path& journal);

}  // namespace dispatch::bench
