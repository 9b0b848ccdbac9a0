#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <string_view>

#include <SQLiteCpp/Exception.h>

namespace dispatch::journal {

/// Turns SQLite's error while `doing` ("open", "append events to") `journal` into an Error that tells what to
/// do next.
Error sqlite_failure(const SQLite::Exception& said, std::string_view doing,
                     const std::filesystem::path& journal);

}  // namespace dispatch::journal
