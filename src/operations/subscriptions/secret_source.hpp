#pragma once

#include "base/crypto/secret.hpp"
#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::operations {

/// Where a command takes a signing secret from: never from an argument, which every user of the machine can
/// read. At most one is set.
struct SecretSource {
  std::string file{};         ///< --secret-file
  std::string environment{};  ///< --secret-env: the name of a variable
  std::string command{};      ///< --secret-command: for sh(1)
  bool generate = false;      ///< --generate-secret

  bool given() const { return generate || !file.empty() || !environment.empty() || !command.empty(); }
};

/// The secret; nothing where no source is given. White space and a byte-order mark around it are not part of
/// it. Fails where it cannot be had, or is none that receivers can verify (delivery/secret_form.hpp). No
/// message holds any of it.
Result<std::optional<Secret>> read_secret(const SecretSource& source);

/// The same for one file.
Result<Secret> read_secret_file(const std::string& path);

/// What to warn of, where the secret is weak or may not be meant as it stands; `whose` as in "of subscription
/// X".
std::optional<std::string> secret_warning(std::string_view whose, const Secret& secret);

/// A new one: "whsec_" and 32 bytes from the system's generator in base64.
Result<Secret> generate_secret();

}  // namespace dispatch::operations
