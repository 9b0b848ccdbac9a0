#include "cli/help.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

constexpr std::size_t terminal_columns = 80;

}  // namespace

HelpFormatter::HelpFormatter() {
  column_width(26);
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  // CLI11 leaves two lines empty between groups, and one before the first.
  return CLI::detail::find_and_replace(CLI::Formatter::make_help(app, std::move(name), mode), "\n\n\n",
                                       "\n\n");
}

/// One entry in two columns, the right one wrapped at spaces.
std::string HelpFormatter::entry(const std::string& name, const std::string& meaning) const {
  const std::size_t left = get_column_width();
  std::string out = "  " + name;
  out += out.size() + 2 > left ? "\n" + std::string(left, ' ') : std::string(left - out.size(), ' ');
  std::string_view rest = meaning;
  const std::size_t room = terminal_columns - left;
  while (rest.size() > room) {
    auto cut = rest.rfind(' ', room);
    if (cut == std::string_view::npos) cut = rest.find(' ');
    if (cut == std::string_view::npos) break;
    out.append(rest.substr(0, cut)).append("\n").append(left, ' ');
    rest.remove_prefix(cut + 1);
  }
  return out.append(rest).append("\n");
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return entry(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_positional() || option->get_type_size() == 0 || option->get_type_name().empty()) return {};
  return " " + option->get_type_name();
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string meaning = option->get_description();
  if (!option->get_default_str().empty()) meaning += fmt::format(" [default {}]", option->get_default_str());
  if (!option->get_envname().empty()) meaning += fmt::format(" [{}]", option->get_envname());
  return meaning;
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return entry(command->get_name(), command->get_description());
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  std::string out;
  if (app->get_parent() != nullptr) out += "Global options and variables: dispatch --help\n\n";
  return out + CLI::Formatter::make_footer(app);
}

}  // namespace dispatch::cli
