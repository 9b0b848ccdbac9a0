#pragma once

#include "base/error.hpp"
#include "journal/verify.hpp"

#include <string>

namespace dispatch::journal {

/// Implements Store::verify for the SQLite file `path`.
///
/// Memory stays small for a journal of any size, except for 8 bytes for each lane that was woken and not yet
/// handled; sorting uses temporary files. The WAL grows meanwhile, because the audit reads one snapshot.
Result<VerifyReport> verify(const std::string& path, const VerifyOptions& options = {});

}  // namespace dispatch::journal
