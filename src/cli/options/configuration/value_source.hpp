#pragma once

#include "base/error.hpp"
#include "cli/options/cli11_fwd.hpp"

namespace dispatch::cli {

/// Adds to `error` the source of a wrong value that was not typed: the name of the environment variable, or
/// the configuration file and line. The value is that of the option at the beginning of the message
/// ("--backoff: ..."), or, in a usage error, a path or address that the message contains. Other errors stay
/// unchanged. `app` is the top command, whose configuration was read; `argc` and `argv` are the command line.
Error with_value_source(Error error, const CLI::App& app, int argc, const char* const* argv);

}  // namespace dispatch::cli
