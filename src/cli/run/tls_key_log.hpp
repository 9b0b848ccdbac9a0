#pragma once

#include "base/error.hpp"

#include <string>

#include <spdlog/logger.h>

namespace dispatch::cli {

/// Lets libcurl append the keys of all TLS connections to this file, which only its owner can access, and
/// logs a warning. Call it before starting threads, because it sets an environment variable. An unwritable
/// file is misuse.
Result<> log_tls_keys(const std::string& path, spdlog::logger& log);

/// Removes the variable SSLKEYLOGFILE, so that only the option can make libcurl write keys. Call it before
/// anything else.
void ignore_tls_key_variable();

}  // namespace dispatch::cli
