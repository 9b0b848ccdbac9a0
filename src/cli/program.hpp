#pragma once

#include "base/error.hpp"
#include "base/system/log.hpp"
#include "cli/exit_code.hpp"
#include "cli/options/command.hpp"

#include <functional>
#include <memory>
#include <string>

#include <spdlog/logger.h>

namespace dispatch::journal {
class Store;
}

namespace dispatch::cli {

/// What all subcommands share: the parsed global options, and the action of the chosen subcommand.
struct Program {
  std::string journal = "dispatch.db";    ///< --journal, DISPATCH_JOURNAL
  std::shared_ptr<journal::Store> store;  ///< of that journal; made before the action runs
  LogOptions log_options;                 ///< --log-format, --log-level
  std::shared_ptr<PatientOutput> talk;    ///< standard error
  std::shared_ptr<spdlog::logger> log;    ///< writes to it; made before the action runs

  /// Set by the callback of the chosen subcommand; run after parsing.
  std::function<Result<ExitCode>()> action;

  std::string command;  ///< the whole command, quoted for a shell, to run the program again
};

/// Each subcommand is one file, command_NAME.cpp, with its options, help and run function. Its entry point is
/// `void add_NAME_command(Command app, Program& program)`; `app` is the program's top command. Help ends with
/// EXIT STATUS and EXAMPLES.
void add_attempts_command(Command app, Program& program);
void add_completion_command(Command app, Program& program);
void add_dlq_command(Command app, Program& program);
void add_events_command(Command app, Program& program);
void add_gap_command(Command app, Program& program);
void add_ingest_command(Command app, Program& program);
void add_listen_command(Command app, Program& program);
void add_redirect_command(Command app, Program& program);
void add_rejects_command(Command app, Program& program);
void add_replay_command(Command app, Program& program);
void add_retry_command(Command app, Program& program);
void add_run_command(Command app, Program& program);
void add_status_command(Command app, Program& program);
void add_store_command(Command app, Program& program);
void add_subscription_command(Command app, Program& program);
void add_verify_command(Command app, Program& program);

}  // namespace dispatch::cli
