#pragma once

#include "cli/options/command.hpp"
#include "operations/subscriptions/secret_source.hpp"

namespace dispatch::cli {

/// The options --secret-file, --secret-env, --secret-command and --generate-secret, which exclude each other.
void add_secret_options(Command command, operations::SecretSource& source);

}  // namespace dispatch::cli
