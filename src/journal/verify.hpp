#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::journal {

/// A violation of a promise.
struct Finding {
  std::string_view check;  ///< the name of the check that found it
  std::string what;        ///< what is wrong, and with which event; for people
};

/// The result of one check. Its name and promise live as long as the program.
struct CheckReport {
  std::string_view name;
  std::string_view promise;   ///< what holds on a healthy journal
  std::int64_t findings = 0;  ///< all findings, shown or not
  bool done = true;           ///< false: the check could not run; a finding or note tells why
};

struct VerifyReport {
  std::vector<CheckReport> checks;                        ///< all checks, in their order
  std::vector<Finding> findings;                          ///< of each check the first ones
  std::vector<std::string> notes;                         ///< worth knowing, but no damage
  std::int64_t events = 0, deliveries = 0, attempts = 0;  ///< how many were looked at

  bool healthy() const;
};

struct VerifyOptions {
  std::size_t shown = 20;  ///< findings told of each check; the others are only counted
};

}  // namespace dispatch::journal
