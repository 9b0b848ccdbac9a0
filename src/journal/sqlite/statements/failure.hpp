#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

#include <SQLiteCpp/Exception.h>

namespace dispatch::journal {

/// Why a file could not be written, for messages, from an errno value; 0 if it is not known.
std::string write_failure(int error);

/// Turns SQLite's error while `doing` ("open", "append events to") `journal` into an Error that tells what to
/// do next. `system_error` is the errno value behind a failed read or write (sqlite3_system_errno), 0 if
/// it is not known.
Error sqlite_failure(const SQLite::Exception& said, std::string_view doing,
                     const std::filesystem::path& journal, int system_error = 0);

}  // namespace dispatch::journal
