#include "cli/commands/operator_turn.hpp"
#include "cli/options/delivery_filter_options.hpp"
#include "cli/options/delivery_schemes.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "operations/redirect.hpp"
#include "routing/url.hpp"

#include <memory>

namespace dispatch::cli {
namespace {

constexpr const char* redirect_footer =
    R"(The selected deliveries that are pending, wait for a retry or are dead letters
become failed at the old URL, and new ones are made for the other URL: complete
lanes, in order per entity. A lane with a running request is not redirected:
repeat the command. Later lines with the old URL still go to the old URL, in
lanes of their own. Deliveries of a subscription go to its URL; change it with:
dispatch subscription add ID --replace --url URL

EXIT STATUS
  0  done; also if no delivery is selected
  1  the journal could not be read or written
  2  wrong usage, or there is no such event, URL, file, ... or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch redirect --url https://exmaple.com/ --to https://example.com/
  dispatch redirect --host old.example.com --to https://new.example.com/hook)";

struct Redirect {
  DeliveryFilterOptions which;
  std::string to;
};

Result<ExitCode> redirect(const Program& program, const Redirect& asked) {
  const SystemClock clock;
  DISPATCH_ASSIGN(const auto which, meant_by_operator(asked.which, "deliveries", clock.wall()));
  const auto to = routing::parse_url(asked.to, delivery_schemes);
  if (!to) return misuse("--to {}", to.error().message);
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, asked.which.dry_run));
  const auto redirected = operations::redirect(*journal, clock, which,
                                               {DeliveryState::pending, DeliveryState::in_flight,
                                                DeliveryState::retry_wait, DeliveryState::dead_letter},
                                               {to->text, to->host}, {.dry_run = asked.which.dry_run});
  if (!redirected) return tl::unexpected(redirected.error());
  tell_redirected(program, asked.which, *redirected, "no open direct delivery to another URL matches");
  return ExitCode::delivered;
}

}  // namespace

void add_redirect_command(Command app, Program& program) {
  const auto asked = std::make_shared<Redirect>();
  Command command = app.add_subcommand("redirect", "Send waiting and dead deliveries to another URL");
  command.footer(redirect_footer);
  add_name_options(command, asked->which);
  add_file_option(command, asked->which);
  command.add_option("--to", asked->to, "The new URL").type_name("URL").required();
  add_change_options(command, asked->which);
  command.callback(
      [&program, asked] { program.action = [&program, asked] { return redirect(program, *asked); }; });
}

}  // namespace dispatch::cli
