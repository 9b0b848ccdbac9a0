#pragma once

#include "base/error.hpp"
#include "base/secret.hpp"

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace dispatch::cli {

/// Where a command takes a signing secret from: never from an argument, which every user of the machine can
/// read. At most one is set.
struct SecretSource {
  std::string file{};         ///< --secret-file
  std::string environment{};  ///< --secret-env: the name of a variable
  std::string command{};      ///< --secret-command: for sh(1)
  bool generate = false;      ///< --generate-secret

  bool given() const { return generate || !file.empty() || !environment.empty() || !command.empty(); }
};

/// The options --secret-file, --secret-env, --secret-command and --generate-secret, of which one can be
/// given.
void add_secret_options(CLI::App& command, SecretSource& source);

/// The secret; nothing where no source is given. The line end behind it is not part of it. Fails where it
/// cannot be had, holds a control character, stands for no key (delivery/signature.hpp), or is shorter than 8
/// or longer than 512 bytes. No message holds any of it.
Result<std::optional<Secret>> read_secret(const SecretSource& source);

/// The same for one file.
Result<Secret> read_secret_file(const std::string& path);

/// A new one: "whsec_" and 32 bytes from the system's generator in base64.
Result<Secret> generate_secret();

}  // namespace dispatch::cli
