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

/// What every subcommand shares: the global options as parsed, and what the chosen subcommand wants done.
struct Program {
  std::string journal = "dispatch.db";    ///< --journal, DISPATCH_JOURNAL
  std::shared_ptr<journal::Store> store;  ///< of that journal; made before the action runs
  LogOptions log_options;                 ///< --log-format, --log-level
  std::shared_ptr<PatientOutput> talk;    ///< standard error
  std::shared_ptr<spdlog::logger> log;    ///< writes to it; made before the action runs

  /// Set by the callback of the subcommand that was chosen; run after parsing has ended.
  std::function<Result<ExitCode>()> action;

  std::string command;  ///< the whole command as it is to be typed to a shell, to run the program so again
};

/// Each subcommand lives in one file, command_NAME.cpp, that holds its options, its help and its run
/// function, and has one entry point: `void add_NAME_command(Command app, Program& program)`. `app` is the
/// program's top command. Help ends with EXIT STATUS and EXAMPLES.
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
void add_subscription_command(Command app, Program& program);
void add_verify_command(Command app, Program& program);

}  // namespace dispatch::cli
