#pragma once

#include <cstddef>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace dispatch::cli {

/// Reads the configuration file for CLI11, as TOML (cli/options/configuration/toml.hpp), and mends what
/// CLI11 2.1.2 would get wrong:
///
/// - CLI11 lets the file win over the environment; here a key whose environment variable is set is passed
/// over.
/// - An unknown key is an error that names its line and the nearest known one.
///
/// Keys are the long names of options; those of a subcommand stand in the table of its name.
class Configuration final : public CLI::ConfigTOML {
 public:
  /// `app` is the top command and outlives this object.
  explicit Configuration(const CLI::App& app) : app_(app) {}

  /// Throws CLI::ConfigError, as CLI11 expects it to, and what check_misplaced_options throws: CLI11 asks for
  /// this when it has read the command line.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

  /// The line, from 1, that sets `option` in the file that was read; nothing where none does.
  std::optional<std::size_t> line_of(const CLI::Option& option) const;

 private:
  const CLI::App& app_;
  mutable std::map<const CLI::Option*, std::size_t> lines_;  // CLI11 reads through a const function
};

/// Lets `app`, the top command, read options from the file that --config or DISPATCH_CONFIG names.
void add_configuration(CLI::App& app);

}  // namespace dispatch::cli
