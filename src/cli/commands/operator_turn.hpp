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

/// Does what an operator wants to a journal, in a transaction of its own; also while a dispatcher runs on it.
/// The journal must exist, unless `may_make`.
Result<> operator_turn(
    const Program& program,
    const std::function<Result<>(journal::Journal&, journal::Transaction&, WallTime now)>& act,
    bool may_make = false);

/// Opens a journal that must exist, to change what is in it, or only to look at it where that is a dry run;
/// also while a dispatcher runs on it. An older journal is migrated, and that is said; not by a dry run, for
/// which it is `unavailable`.
Result<std::unique_ptr<journal::Journal>> open_for_operator(const Program& program, bool dry_run);

/// How the journal of `program` is opened to be changed: what is migrated is said.
journal::Opening to_change(const Program& program);

/// Who acts on what an operator set in motion: the run that is on, or one that is to be started.
std::string who_goes_on(const Program& program);

}  // namespace dispatch::cli
