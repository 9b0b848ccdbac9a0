#pragma once

#include "bench/server.hpp"
#include "bench/workplace.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace dispatch::bench {

/// syslog-ng as a peer: it reads a file and posts each line, with a buffer on the disk. It runs as a process
/// of its own, with its configuration and all that it keeps in the workplace; nothing of a syslog-ng that
/// this machine may run is touched.
class SyslogNg {
 public:
  /// Nothing if the packages syslog-ng-core and syslog-ng-mod-http are not below `root`.
  static std::optional<SyslogNg> find(const std::filesystem::path& root);

  /// Posts the lines of the file, each of them once, and ends. The time is that from the start of the process
  /// to the last request, as syslog-ng itself would go on for ever. Throws std::runtime_error if it does not
  /// send `lines` requests.
  Measured run(const Workplace& place, const std::filesystem::path& file, Server& server, std::uint64_t lines,
               std::uint64_t workers) const;

 private:
  SyslogNg(std::filesystem::path root, std::filesystem::path modules, std::string version)
      : root_(std::move(root)), modules_(std::move(modules)), version_(std::move(version)) {}

  std::filesystem::path root_, modules_;
  std::string version_;  ///< of its configuration: "3.38"
};

}  // namespace dispatch::bench
