#pragma once

#include "base/error.hpp"

#include <string>

#include <spdlog/logger.h>

namespace dispatch::cli {

/// Lets libcurl append the keys of all TLS connections to this file, which is made for its owner alone, and
/// warns of it. To be called before there is another thread, as it sets a variable. A file that cannot be
/// written is misuse.
Result<> log_tls_keys(const std::string& path, spdlog::logger& log);

/// A variable alone must not make libcurl write keys. Called before anything else.
void ignore_tls_key_variable();

}  // namespace dispatch::cli
