#pragma once

#include <cstddef>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace dispatch::cli {

/// Reads the configuration file for CLI11, as TOML (cli/options/configuration/toml.hpp), and corrects two
/// things in CLI11 2.1.2:
///
/// - In CLI11 the file has priority over the environment; here a key whose environment variable is set is
/// ignored.
/// - An unknown key is an error that names its line and the most similar known key.
///
/// Keys are the long names of options; those of a subcommand are in the table with its name.
class Configuration final : public CLI::ConfigTOML {
 public:
  /// `app` is the top command and must outlive this object.
  explicit Configuration(const CLI::App& app) : app_(app) {}

  /// CLI11 calls this after reading the command line. Throws CLI::ConfigError, as CLI11 expects, and the
  /// exceptions of check_misplaced_options.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

  /// The line, counted from 1, that sets `option` in the file; nothing if no line does.
  std::optional<std::size_t> line_of(const CLI::Option& option) const;

 private:
  const CLI::App& app_;
  mutable std::map<const CLI::Option*, std::size_t> lines_;  // CLI11 reads through a const function
};

/// Lets `app`, the top command, read options from the file that --config or DISPATCH_CONFIG names.
void add_configuration(CLI::App& app);

}  // namespace dispatch::cli
