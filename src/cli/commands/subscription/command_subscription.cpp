#include "base/text/whole_number.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/options/option_values.hpp"
#include "cli/options/secret_options.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "operations/subscriptions/subscription_fields.hpp"
#include "policy/rate.hpp"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::cli {
namespace {

constexpr const char* subscription_footer =
    R"(An event is sent to every subscription whose patterns match its type and whose
filter selects it. Changes apply from the next event on, also for an active run.

EXIT STATUS
  0  done
  1  the journal could not be read or written
  2  wrong usage, or there is no such subscription or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch subscription add billing --url https://example.com/hook \
      --types 'order.*' --generate-secret
  dispatch subscription list
  dispatch subscription pause billing --reason 'receiver moves'
  dispatch subscription apply subscriptions.json --dry-run)";

constexpr WholeNumber position{1, std::numeric_limits<std::int64_t>::max()};

struct Asked {
  SubscriptionAddition addition;
  SecretRotation rotation;
  SubscriptionsToApply apply;
  std::string id;
  std::string reason;
  bool discard = false;
  bool json = false;
};

/// The options of `add` that say a field of the definition.
class Fields {
 public:
  Fields(Command add, Subscription& subscription) : add_(add), subscription_(subscription) {}

  void group(std::string name) { group_ = std::move(name); }

  template <class Value>
  Option text(const char* name, Value Subscription::*field, const char* help) {
    return of(add_.add_option(name, subscription_.*field, help), field);
  }
  Option flag(const char* name, bool Subscription::*field, const char* help) {
    return of(add_.add_flag(name, subscription_.*field, help), field);
  }
  template <class Value, class Parse>
  Option value(const char* name, Value Subscription::*field, Parse parse, const char* help) {
    return of(add_value(add_, name, subscription_.*field, parse, help), field);
  }

  /// After the command line was read.
  std::vector<SubscriptionAddition::Copy> given() const {
    std::vector<SubscriptionAddition::Copy> given;
    for (const auto& [option, copy] : copies_)
      if (option.given()) given.push_back(copy);
    return given;
  }

  template <class Value>
  Option of(Option option, Value Subscription::*field) {
    copies_.emplace_back(option,
                         [field](const Subscription& from, Subscription& to) { to.*field = from.*field; });
    return option.group(group_);
  }

 private:
  Command add_;
  Subscription& subscription_;
  std::string group_;
  std::vector<std::pair<Option, SubscriptionAddition::Copy>> copies_;
};

void add_what(Fields& fields) {
  fields.group("What");
  fields.text("--url", &Subscription::url, "Where its deliveries go").type_name("URL");
  fields
      .text("--types", &Subscription::event_types, "Event types: order.added, order.*, or *; may be repeated")
      .type_name("PATTERN,...")
      .delimiter(',')
      .allow_extra_args(false);
  fields.text("--filter", &Subscription::filter, "A jq program that selects events").type_name("JQ");
}

void add_how(Fields& fields, Command add, SubscriptionAddition& addition) {
  fields.group("Requests");
  fields.text("--transform", &Subscription::transform, "A jq program that makes the data of the body")
      .type_name("JQ");
  fields
      .value("--body", &Subscription::body, operations::parse_body_mode,
             "payload, envelope, cloudevents or cloudevents-binary")
      .type_name("FORM")
      .default_str("payload");
  Option header = add.add_option("--header", addition.headers, "A header of each request; may be repeated")
                      .type_name("'NAME: VALUE'")
                      .allow_extra_args(false);
  fields.of(header, &Subscription::headers);
  fields
      .value("--timeout", &Subscription::timeout, operations::parse_timeout,
             "Time limit of one whole request")
      .type_name("DURATION")
      .default_str("as the run says");
  fields.flag("--deny-private", &Subscription::deny_private, "Refuse addresses that are not public");
}

void add_limits(Fields& fields) {
  fields.group("Limits and failures");
  fields.value("--rate", &Subscription::rate, policy::parse_rate, "Rate limit, as in 100/s, or off")
      .type_name("COUNT/TIME|off")
      .default_str("100/s");
  fields
      .value("--concurrency", &Subscription::concurrency, operations::parse_concurrency, "Requests at a time")
      .type_name("N")
      .default_str("as the host allows");
  fields
      .value("--attempts", &Subscription::attempts, operations::parse_attempts,
             "Attempts until a delivery is a dead letter")
      .type_name("N")
      .default_str("as the run says");
  fields
      .value("--on-status", &Subscription::statuses, operations::parse_statuses,
             "What an HTTP status means, as in 409=ok,404=dead")
      .type_name("STATUS=MEANING,...");
}

void add_addition(Command add, SubscriptionAddition& addition) {
  add.add_option("ID", addition.declared.subscription.id, "Its name").required();
  const auto fields = std::make_shared<Fields>(add, addition.declared.subscription);
  add_what(*fields);
  add_how(*fields, add, addition);
  add_limits(*fields);
  add.parse_complete_callback([fields, &addition] { addition.given = fields->given(); });
  add_secret_options(add, addition.declared.secret);
  add_value(add, "--from", addition.from, position,
            "Also deliver existing events from this position on; 1 is the first")
      .type_name("POSITION");
  add.add_flag("--replace", addition.replace, "Change the existing subscription; options not given stay");
}

}  // namespace

void add_subscription_command(Command app, Program& program) {
  const auto asked = std::make_shared<Asked>();
  Command subscription =
      app.add_subcommand("subscription", "Add, list, change or remove subscriptions (webhooks)");
  subscription.footer(subscription_footer);
  subscription.require_subcommand(1);
  const auto verb = [&](const char* name, const char* help, auto act) {
    Command command = subscription.add_subcommand(name, help);
    command.footer(subscription_footer);
    command.add_flag("--json", asked->json, "One JSON object a line");
    command.callback(
        [&program, asked, act] { program.action = [&program, asked, act] { return act(program, *asked); }; });
    return command;
  };
  const auto with_id = [&](Command command) {
    command.add_option("ID", asked->id, "The subscription").required();
    return command;
  };

  Command add = verb("add", "Add a subscription", [](const Program& on, Asked& what) {
    what.addition.json = what.json;
    return add_subscription(on, what.addition);
  });
  add_addition(add, asked->addition);

  verb("list", "List subscriptions and what waits for them",
       [](const Program& on, const Asked& what) { return list_subscriptions(on, what.json); });
  with_id(
      verb("show", "Show one subscription, without its secrets",
           [](const Program& on, const Asked& what) { return show_subscription(on, what.id, what.json); }));

  Command remove = with_id(verb("remove", "Remove a subscription", [](const Program& on, const Asked& what) {
    return remove_subscription(on, what.id, what.discard, what.json);
  }));
  remove.add_flag("--discard", asked->discard, "Cancel its deliveries that are not done");

  Command pause = with_id(
      verb("pause", "Pause a subscription: its deliveries wait", [](const Program& on, const Asked& what) {
        return pause_subscription(on, what.id, what.reason, what.json);
      }));
  pause.add_option("--reason", asked->reason, "Why it is paused; listings show it").type_name("TEXT");
  with_id(verb("resume", "Resume a subscription", [](const Program& on, const Asked& what) {
    return resume_subscription(on, what.id, what.json);
  }));

  Command rotate =
      with_id(verb("rotate-secret", "Sign with a new secret, and for a while with the older one too",
                   [](const Program& on, Asked& what) {
                     what.rotation.id = what.id;
                     what.rotation.json = what.json;
                     return rotate_secret(on, what.rotation);
                   }));
  add_secret_options(rotate, asked->rotation.secret);
  add_value(rotate, "--keep", asked->rotation.keep, parse_duration, "How long the older one stays valid")
      .type_name("DURATION")
      .default_str("24h");

  Command apply = verb("apply", "Make the subscriptions match a file", [](const Program& on, Asked& what) {
    what.apply.json = what.json;
    what.apply.discard = what.discard;
    return apply_subscriptions(on, what.apply);
  });
  apply.add_option("FILE", asked->apply.file, "See dispatch-subscriptions(5)").required();
  apply.add_flag("--prune", asked->apply.prune, "Remove those that are not in the file");
  apply.add_flag("--discard", asked->discard, "With --prune: cancel deliveries that are not done");
  apply.add_flag("--dry-run", asked->apply.dry_run, "Only show what would change");
}

}  // namespace dispatch::cli
