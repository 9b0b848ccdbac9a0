#pragma once

#include "base/error.hpp"
#include "cli/options/cli11_fwd.hpp"

namespace dispatch::cli {

/// Adds to `error` where a wrong value was set that nobody typed: the name of the environment variable, or
/// the configuration file and the line. The value is that of the option that the message begins with
/// ("--backoff: ..."); of a usage error also one that is a path or an address and stands in the message. An
/// error about what was typed, or about no option, stays as it is. `app` is the top command, whose
/// configuration was read; `argc` and `argv` are the command line.
Error with_value_source(Error error, const CLI::App& app, int argc, const char* const* argv);

}  // namespace dispatch::cli
