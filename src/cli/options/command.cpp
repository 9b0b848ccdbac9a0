#include "cli/options/command.hpp"

#include <utility>

#include <CLI/CLI.hpp>

namespace dispatch::cli {
namespace {

void check_taken(const std::string& name, const Result<>& taken) {
  if (!taken) throw CLI::ValidationError(name, taken.error().message);
}

}  // namespace

Option Option::type_name(const std::string& name) const {
  return option_->type_name(name);
}
Option Option::group(const std::string& heading) const {
  return option_->group(heading);
}
Option Option::default_str(const std::string& text) const {
  return option_->default_str(text);
}
Option Option::required() const {
  return option_->required();
}
Option Option::allow_extra_args(bool allowed) const {
  return option_->allow_extra_args(allowed);
}
Option Option::delimiter(char separator) const {
  return option_->delimiter(separator);
}
Option Option::excludes(Option other) const {
  return option_->excludes(other.option_);
}
Option Option::configurable(bool allowed) const {
  return option_->configurable(allowed);
}
Option Option::environment(const std::string& variable) const {
  return option_->envname(variable);
}
const std::string& Option::heading() const {
  return option_->get_group();
}
const std::string& Option::long_name() const {
  return option_->get_lnames().front();
}
bool Option::given() const {
  return option_->count() > 0;
}

Command Command::add_subcommand(const std::string& name, const std::string& help) const {
  return *app_->add_subcommand(name, help);
}

void Command::require_subcommand(int count) const {
  app_->require_subcommand(count);
}
void Command::footer(const std::string& text) const {
  app_->footer(text);
}
void Command::callback(std::function<void()> call) const {
  app_->callback(std::move(call));
}

void Command::parse_complete_callback(std::function<void()> call) const {
  app_->parse_complete_callback(std::move(call));
}

Option Command::add_option(const std::string& name, std::string& into, const std::string& help) const {
  return app_->add_option(name, into, help);
}

Option Command::add_option(const std::string& name, std::optional<std::string>& into,
                           const std::string& help) const {
  return app_->add_option(name, into, help);
}

Option Command::add_option(const std::string& name, std::vector<std::string>& into,
                           const std::string& help) const {
  return app_->add_option(name, into, help);
}

Option Command::add_flag(const std::string& name, bool& into, const std::string& help) const {
  return app_->add_flag(name, into, help);
}

Option Command::add_text_option(const std::string& name,
                                std::function<Result<>(const std::string& text)> take,
                                const std::string& help) const {
  return app_->add_option_function<std::string>(
      name, [name, take = std::move(take)](const std::string& text) { check_taken(name, take(text)); }, help);
}

Option Command::add_texts_option(const std::string& name,
                                 std::function<Result<>(const std::string& text)> take,
                                 const std::string& help) const {
  return app_->add_option_function<std::vector<std::string>>(
      name,
      [name, take = std::move(take)](const std::vector<std::string>& texts) {
        for (const auto& text : texts) check_taken(name, take(text));
      },
      help);
}

Option Command::option(const std::string& name) const {
  return app_->get_option(name);
}

std::vector<Option> Command::options() const {
  std::vector<Option> options;
  for (CLI::Option* option : app_->get_options()) options.emplace_back(option);
  return options;
}

bool Command::subcommand_given() const {
  return !app_->get_subcommands().empty();
}

}  // namespace dispatch::cli
