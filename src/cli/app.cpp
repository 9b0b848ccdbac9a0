#include "cli/app.hpp"

#include "base/version.hpp"
#include "cli/commands/backup_commands.hpp"
#include "cli/help.hpp"
#include "cli/options/configuration/configuration.hpp"
#include "cli/options/option_values.hpp"

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

namespace dispatch::cli {
namespace {

constexpr std::string_view program_examples = R"(EXAMPLES
  dispatch run events.jsonl
  cat events | dispatch run -
  dispatch dlq release --entity X)";

Result<LogOptions::Format> parse_log_format(std::string_view text) {
  if (text == "text") return LogOptions::Format::text;
  if (text == "json") return LogOptions::Format::json;
  return misuse("'{}' is not a log format; it is text or json", text);
}

Result<spdlog::level::level_enum> parse_log_level(std::string_view text) {
  if (text == "debug") return spdlog::level::debug;
  if (text == "info") return spdlog::level::info;
  if (text == "warning") return spdlog::level::warn;
  if (text == "error") return spdlog::level::err;
  if (text == "off") return spdlog::level::off;
  return misuse("'{}' is not a log level; it is debug, info, warning, error or off", text);
}

void add_global_options(Command app, Program& program) {
  from_environment(app.add_option("--journal", program.journal, "The journal, an SQLite file"))
      .type_name("FILE")
      .default_str(program.journal);
  from_environment(add_value(app, "--log-format", program.log_options.format, parse_log_format,
                             "Format of log messages: text or json"))
      .type_name("FORMAT")
      .default_str("text");
  from_environment(add_value(app, "--log-level", program.log_options.level, parse_log_level,
                             "Log level: debug, info, warning, error or off"))
      .type_name("LEVEL")
      .default_str("info");
}

void group_commands(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->group("Commands");
    group_commands(*command);
  }
}

}  // namespace

void describe(CLI::App& app, Program& program) {
  app.name("dispatch");
  app.description("Delivers events: in order per entity, gently per host, once, and without losing any.");
  app.footer(std::string{exit_status}.append(program_examples));
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", fmt::format("dispatch {}", version()), "Print the version and exit");
  app.require_subcommand(1);
  app.fallthrough();  // a global option may stand after the subcommand too
  add_global_options(app, program);
  add_configuration(app);

  add_run_command(app, program);
  add_ingest_command(app, program);
  add_status_command(app, program);
  add_events_command(app, program);
  add_attempts_command(app, program);
  add_dlq_command(app, program);
  add_gap_command(app, program);
  add_rejects_command(app, program);
  add_subscription_command(app, program);
  add_retry_command(app, program);
  add_redirect_command(app, program);
  add_replay_command(app, program);
  add_verify_command(app, program);
  add_backup_command(app, program);
  add_restore_command(app, program);
  add_store_command(app, program);
  add_listen_command(app, program);
  add_completion_command(app, program);
  group_commands(app);
}

}  // namespace dispatch::cli
