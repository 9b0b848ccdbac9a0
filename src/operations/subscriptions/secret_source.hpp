#pragma once

#include "base/crypto/secret.hpp"
#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::operations {

/// Where a command reads a signing secret: never from an argument, which every user of the machine can read.
/// At most one field is set.
struct SecretSource {
  std::string file{};         ///< --secret-file
  std::string environment{};  ///< --secret-env: the name of an environment variable
  std::string command{};      ///< --secret-command: a command for sh(1)
  bool generate = false;      ///< --generate-secret

  bool given() const { return generate || !file.empty() || !environment.empty() || !command.empty(); }
};

/// Reads the secret without surrounding white space and byte-order mark; nothing if no source is given. Fails
/// if the secret cannot be read, or if receivers could not verify it (delivery/secret_form.hpp). Messages
/// never contain it.
Result<std::optional<Secret>> read_secret(const SecretSource& source);

/// Reads the secret from a file.
Result<Secret> read_secret_file(const std::string& path);

/// A warning if the secret is weak or probably not meant literally; `whose` as in "of subscription X".
std::optional<std::string> secret_warning(std::string_view whose, const Secret& secret);

/// Generates a new secret: "whsec_" and 32 bytes of the system's random generator in base64.
Result<Secret> generate_secret();

}  // namespace dispatch::operations
