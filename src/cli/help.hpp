#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace dispatch::cli {

/// Writes --help for a terminal of 80 columns: "--workers N" on the left; what it means, its default and its
/// environment variable on the right.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter();

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_footer(const CLI::App* app) const override;

 private:
  std::string entry(const std::string& name, const std::string& meaning) const;
};

}  // namespace dispatch::cli
