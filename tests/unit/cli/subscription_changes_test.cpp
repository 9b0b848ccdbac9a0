#include "operations/subscriptions/subscription_changes.hpp"

#include "cli/output/subscription_changes_text.hpp"
#include "operations/views/subscription_changes_json.hpp"
#include "support/disk/temp_dir.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::cli;
using namespace dispatch::operations;
using namespace std::chrono_literals;

namespace {

constexpr WallTime now{std::chrono::seconds{1'700'000'000}};

using Kind = SubscriptionChange::Kind;

Subscription subscription(const std::string& id, const std::string& url = "http://a.test/") {
  Subscription made;
  made.id = id;
  made.url = url;
  made.event_types = {"*"};
  return made;
}

std::vector<std::string> texts(const std::vector<SigningSecret>& secrets) {
  std::vector<std::string> out;
  for (const auto& secret : secrets) out.push_back(secret.text);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a newer secret goes first and the older ones end") {
  auto secrets = with_newest({}, "one", now, 24h);
  CHECK(texts(secrets) == Texts{"one"});
  CHECK_FALSE(secrets[0].until.has_value());
  secrets = with_newest(secrets, "two", now, 24h);
  CHECK(texts(secrets) == Texts{"two", "one"});
  CHECK(secrets[1].until == now + 24h);
  CHECK(with_newest(secrets, "two", now + 1h, 24h) == secrets);

  // An older end is not put off, and what has ended is left out.
  secrets = with_newest(secrets, "three", now + 20h, 24h);
  CHECK(texts(secrets) == Texts{"three", "two", "one"});
  CHECK(secrets[2].until == now + 24h);
  secrets = with_newest(secrets, "four", now + 30h, 1h);
  CHECK(texts(secrets) == Texts{"four", "three", "two"});
  CHECK(secrets[2].until == now + 31h);
  CHECK(texts(with_newest(secrets, "five", now + 30h, 0h)) == Texts{"five"});

  // One that comes back is there once.
  CHECK(texts(with_newest({{"b", std::nullopt}, {"a", now + 1h}}, "a", now, 1h)) == Texts{"a", "b"});
}

TEST_CASE("what is declared is added or changed or left and what is not declared stays unless pruned") {
  auto changed = subscription("changed");
  changed.no = SubscriptionNo{2};
  changed.paused_at = now;
  const SubscriptionSet journal{{subscription("same"), changed, subscription("other")}};
  std::vector<Declared> declared{
      {subscription("same")}, {subscription("changed", "http://b.test/")}, {subscription("new")}};
  declared[1].subscription.rate.reset();

  const auto changes = changes_to(journal, declared, false, now).value();
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].kind == Kind::unchanged);
  CHECK(changes[1].kind == Kind::changed);
  CHECK(changes[1].wanted.no == SubscriptionNo{2});
  CHECK(changes[2].kind == Kind::added);
  CHECK(changes_text(changes) ==
        "= same\n"
        "~ changed\n"
        "    url           http://a.test/ -> http://b.test/\n"
        "    rate          100/s -> off\n"
        "+ new   http://a.test/   *\n");
  CHECK(changes_summary(changes) == "1 added, 1 changed, 1 unchanged");

  const auto pruned = changes_to(journal, declared, true, now).value();
  REQUIRE(pruned.size() == 4);
  CHECK(pruned[3].kind == Kind::removed);
  CHECK(pruned[3].wanted.id == "other");
}

TEST_CASE("a declared set that holds already changes nothing") {
  const test::TempDir directory;
  Declared one{subscription("s")};
  one.secret.file = directory.write("secret", "a secret of ours\n");
  const auto first = changes_to({}, {one}, false, now).value();
  CHECK(first[0].kind == Kind::added);
  CHECK(texts(first[0].wanted.secrets) == Texts{"a secret of ours"});
  const auto second = changes_to(SubscriptionSet{{first[0].wanted}}, {one}, false, now + 1h).value();
  CHECK_FALSE(any_change(second));

  directory.write("secret", "another secret of ours\n");
  const auto third = changes_to(SubscriptionSet{{first[0].wanted}}, {one}, false, now + 1h).value();
  CHECK(third[0].kind == Kind::changed);
  CHECK(texts(third[0].wanted.secrets) == Texts{"another secret of ours", "a secret of ours"});
  CHECK(changes_text(third) == "~ s\n    secret        the one before -> a new one\n");

  // Without a reference the secrets stay.
  one.secret = {};
  CHECK_FALSE(any_change(changes_to(SubscriptionSet{{third[0].wanted}}, {one}, false, now + 2h).value()));
}

TEST_CASE("a setting that a subscription leaves to the run is said to be so") {
  auto before = subscription("s");
  before.attempts = 8;
  before.filter = ".data.paid";
  const Declared wanted{subscription("s")};
  CHECK(changes_text(changes_to(SubscriptionSet{{before}}, {wanted}, false, now).value()) ==
        "~ s\n"
        "    filter        .data.paid -> not set\n"
        "    attempts      8 -> not set (the run's --attempts applies)\n");
}

TEST_CASE("values of headers are compared and not shown") {
  auto before = subscription("s");
  before.headers = R"({"Authorization":"Bearer one"})";
  Declared wanted{subscription("s")};
  wanted.subscription.headers = R"({"Authorization":"Bearer two"})";
  const auto changes = changes_to(SubscriptionSet{{before}}, {wanted}, false, now).value();
  CHECK(changes_text(changes) == "~ s\n    headers       the values before -> new values\n");
  CHECK(changes_json(changes).find("Bearer") == std::string::npos);
}
