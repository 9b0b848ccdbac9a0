#pragma once

#include "base/error.hpp"
#include "journal/verify.hpp"

#include <string>

namespace dispatch::journal {

/// Store::verify of the journal in the SQLite file `path`.
///
/// Memory stays small whatever the journal's size, but for 8 bytes for each lane that was woken and not taken
/// up; sorting uses temporary files. While it runs the WAL grows, as the moment it looks at must be kept.
Result<VerifyReport> verify(const std::string& path, const VerifyOptions& options = {});

}  // namespace dispatch::journal
