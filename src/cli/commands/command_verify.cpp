#include "base/text/printable.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"

#include <algorithm>
#include <memory>

namespace dispatch::cli {
namespace {

constexpr const char* verify_footer = R"(It changes nothing. A run may be active at the same time.

EXIT STATUS
  0  no damage was found
  1  damage was found, or the journal could not be read
  2  wrong usage, or there is no such journal
  6  the journal is not ours (other application, newer version), or has
     a second name: see dispatch-operating(7)

EXAMPLES
  dispatch verify
  dispatch verify --journal /var/lib/orders/dispatch.db --json)";

std::string_view verdict(const journal::CheckReport& check) {
  if (check.findings > 0) return "DAMAGED";
  return check.done ? "ok" : "not checked";
}

void put_report_json(const journal::VerifyReport& report) {
  for (const auto& check : report.checks) {
    put_json([&](JsonObject& object) {
      object.add("check", check.name)
          .add("promise", check.promise)
          .add("verdict", check.findings > 0 ? "damaged"
                          : check.done       ? "ok"
                                             : "not_checked")
          .add("findings", check.findings);
    });
  }
  for (const auto& finding : report.findings)
    put_json([&](JsonObject& object) { object.add("finding", finding.what).add("check", finding.check); });
  for (const auto& note : report.notes) put_json([&](JsonObject& object) { object.add("note", note); });
}

void put_report(const journal::VerifyReport& report) {
  Table table{{{"CHECK"}, {"VERDICT"}, {"PROMISE"}}, put_out};
  for (const auto& check : report.checks)
    table.row({std::string{check.name}, std::string{verdict(check)}, std::string{check.promise}});
  table.finish();
  for (const auto& finding : report.findings)
    put_out(fmt::format("{}: {}\n", finding.check, printable(finding.what)));
  for (const auto& check : report.checks) {
    const auto told = std::count_if(report.findings.begin(), report.findings.end(),
                                    [&](const auto& finding) { return finding.check == check.name; });
    if (check.findings > told) put_out(fmt::format("{}: and {} more\n", check.name, check.findings - told));
  }
}

Result<ExitCode> verify_journal(const Program& program, bool json) {
  DISPATCH_ASSIGN(const auto report, program.store->verify());
  if (json) {
    put_report_json(report);
  } else {
    put_report(report);
    for (const auto& note : report.notes) say(program, note);
  }
  say(program,
      fmt::format("checked {}, {} and {}: {}", counted(report.events, "event", "events"),
                  counted(report.deliveries, "delivery", "deliveries"),
                  counted(report.attempts, "recorded attempt", "recorded attempts"),
                  report.healthy() ? "every promise is kept"
                                   : "the journal is damaged; keep a copy of it and its -wal file before "
                                     "anything else, and run nothing on it"));
  return report.healthy() ? ExitCode::delivered : ExitCode::failed;
}

}  // namespace

void add_verify_command(Command app, Program& program) {
  Command command = app.add_subcommand("verify", "Audit every promise on a journal");
  const auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "One JSON object a line");
  command.footer(verify_footer);
  command.callback(
      [&program, json] { program.action = [&program, json] { return verify_journal(program, *json); }; });
}

}  // namespace dispatch::cli
