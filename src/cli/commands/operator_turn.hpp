#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "journal/opening.hpp"

#include <functional>
#include <memory>
#include <string>

namespace dispatch::cli {

struct Program;

/// Runs `act` in one transaction on the journal and commits it; also while a dispatcher runs. The journal
/// must exist, unless `may_make`.
Result<> operator_turn(
    const Program& program,
    const std::function<Result<>(journal::Journal&, journal::Transaction&, WallTime now)>& act,
    bool may_make = false);

/// Opens an existing journal for an operation, or, if `dry_run`, only to look at it; also while a dispatcher
/// runs. Migrates an older journal and reports that; a dry run does not migrate, and returns `unavailable`.
Result<std::unique_ptr<journal::Journal>> open_for_operator(const Program& program, bool dry_run);

/// The options to open the journal for changes; a migration, or a wait for another process, is
/// reported.
journal::Opening to_change(const Program& program);

/// True if a process dispatches the journal. False also if that cannot be known.
bool is_run_on(const Program& program);

/// Names the process that carries out what an operator started: the active run, or one that must be started.
std::string who_goes_on(const Program& program);

}  // namespace dispatch::cli
