// The commands that are suggested for dead letters, each typed as it was suggested.

#include "system/program/scenario.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace dispatch::test;

namespace {

constexpr const char* nobody = "http://127.0.0.1:1/hook";  // tcpmux: nobody listens

using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
  Words words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// The commands in what was said, each as its arguments, with `url` where they say URL.
std::vector<Words> suggested(const std::string& said, const std::string& url) {
  constexpr std::string_view name = ": dispatch ";
  std::vector<Words> commands;
  for (const auto& line : lines_of(said)) {
    const auto at = line.find(name);
    if (at == std::string::npos) continue;
    commands.push_back(words_of(std::string_view{line}.substr(at + name.size())));
    std::replace(commands.back().begin(), commands.back().end(), std::string{"URL"}, url);
  }
  return commands;
}

/// The suggested command that begins with `begin`; a failed check and nothing where there is none.
Words command(const std::vector<Words>& commands, const Words& begin) {
  for (const auto& words : commands)
    if (words.size() >= begin.size() && std::equal(begin.begin(), begin.end(), words.begin())) return words;
  CAPTURE(begin.front());
  CHECK_MESSAGE(false, "is not suggested");
  return {};
}

bool suggests(const std::vector<Words>& commands, const std::string& name) {
  return std::any_of(commands.begin(), commands.end(), [&](const Words& words) { return words[0] == name; });
}

/// A journal with a dead letter of the subscription "crm", whose URL is wrong, and one event behind it.
struct WrongUrl {
  WrongUrl() {
    REQUIRE(
        run_dispatch(directory, {"subscription", "add", "crm", "--url", nobody, "--types", "*"}).exit_code ==
        0);
    REQUIRE(run_dispatch(directory, {"run", "-", "--attempts", "1"},
                         event_line("a1", "A", 1) + event_line("a2", "A", 2))
                .exit_code == 3);
  }
  Finished operator()(Words arguments) const { return run_dispatch(directory, std::move(arguments)); }

  TempDir directory;
  Receiver receiver;
};

void check_mended(const WrongUrl& journal, const std::vector<Words>& commands) {
  CHECK_FALSE(suggests(commands, "redirect"));  // it does not move what a subscription is sent
  const auto changed = journal(command(commands, {"subscription", "add"}));
  CHECK(changed.exit_code == 0);
  CHECK(has(changed.err, "1 delivery that waits and 1 dead letter of it belong to this URL now"));
  const auto released = journal(command(commands, {"dlq", "release", "--subscription"}));
  CHECK(released.exit_code == 0);
  CHECK(has(released.err, "released 1 delivery"));
  CHECK(journal({"run"}).exit_code == 0);
  const auto seen = review(journal.receiver.received());
  CHECK(seen.completed.size() == 2);
  CHECK(seen.order_violations == 0);
  CHECK(journal({"verify"}).exit_code == 0);
}

}  // namespace

TEST_CASE("the dead letters of a subscription with a wrong URL are mended by what dlq list suggests") {
  const WrongUrl journal;
  const auto listed = journal({"dlq", "list"});
  CHECK(has(listed.out, "SUBSCRIPTION"));
  CHECK(has(listed.out, "crm"));
  CHECK(has(journal({"dlq", "list", "--json"}).out, "\"subscription\":\"crm\""));
  check_mended(journal, suggested(listed.err, journal.receiver.url()));
}

TEST_CASE("the dead letters of a subscription with a wrong URL are mended by what dlq show suggests") {
  const WrongUrl journal;
  check_mended(journal, suggested(journal({"dlq", "show", "a1"}).err, journal.receiver.url()));
}

TEST_CASE("the other commands that are suggested for a subscription's dead letter do what they say") {
  const WrongUrl journal;
  const auto commands = suggested(journal({"dlq", "list"}).err, journal.receiver.url());
  CHECK(has(journal(command(commands, {"dlq", "release", "--entity", "A"})).err, "released 1 delivery"));
  CHECK(journal({"run", "--attempts", "1"}).exit_code == 3);
  CHECK(has(journal(command(commands, {"dlq", "discard", "--entity", "A"})).err, "discarded 1 delivery"));
  CHECK(journal({"verify"}).exit_code == 0);
}

TEST_CASE("what is released of a paused subscription goes after the suggested resume") {
  const TempDir directory;
  Receiver receiver{[](const Received& request, std::size_t) {
    Answer answer;
    if (request.number == 0) answer.status = 500;
    return answer;
  }};
  REQUIRE(run_dispatch(directory, {"subscription", "add", "crm", "--url", receiver.url(), "--types", "*"})
              .exit_code == 0);
  REQUIRE(run_dispatch(directory, {"run", "-", "--attempts", "1"}, event_line("a1", "A", 1)).exit_code == 3);
  CHECK_FALSE(has(run_dispatch(directory, {"dlq", "list"}).err, "subscription resume"));
  REQUIRE(run_dispatch(directory, {"subscription", "pause", "crm"}).exit_code == 0);
  const auto commands = suggested(run_dispatch(directory, {"dlq", "list"}).err, receiver.url());
  CHECK(run_dispatch(directory, command(commands, {"dlq", "release", "--subscription"})).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 3);
  CHECK(receiver.count() == 1);
  CHECK(run_dispatch(directory, command(commands, {"subscription", "resume"})).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 2);
}

TEST_CASE("a direct dead letter beside a subscription's is redirected as suggested and the other is named") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(
      run_dispatch(directory, {"subscription", "add", "crm", "--url", nobody, "--types", "*"}).exit_code ==
      0);
  REQUIRE(run_dispatch(directory, {"run", "-", "--attempts", "1", "--to", "http://127.0.0.1:1/direct"},
                       event_line("a1", "A", 1))
              .exit_code == 3);
  const auto commands = suggested(run_dispatch(directory, {"dlq", "list"}).err, receiver.url());
  auto redirect = command(commands, {"redirect"});
  REQUIRE(redirect.size() > 1);
  CHECK(redirect.back() == "--dry-run");
  redirect.pop_back();
  const auto redirected = run_dispatch(directory, redirect);
  CHECK(redirected.exit_code == 0);
  CHECK(has(redirected.err, "redirected 1 delivery"));
  CHECK(has(redirected.err,
            "1 delivery is left: deliveries of a subscription go to its own URL; change it "
            "with: dispatch subscription add ID --replace --url URL"));
  CHECK(run_dispatch(directory, {"run"}).exit_code == 3);
  CHECK(receiver.count() == 1);
  const auto left = suggested(run_dispatch(directory, {"dlq", "list"}).err, receiver.url());
  CHECK_FALSE(suggests(left, "redirect"));
}

TEST_CASE("a filter or a transform that fails is named as such everywhere and mended by what is suggested") {
  for (const std::string which : {"filter", "transform"}) {
    CAPTURE(which);
    const TempDir directory;
    const Receiver receiver;
    REQUIRE(run_dispatch(directory, {"subscription", "add", "crm", "--url", receiver.url(), "--types", "*",
                                     "--" + which, ".data.n.m"})
                .exit_code == 0);
    const auto run = run_dispatch(directory, {"run", "-", "--metrics-file", "metrics.prom"},
                                  event_line("a1", "A", 1, {}, R"({"n":1})"));
    CHECK(run.exit_code == 3);
    const std::string word = which + "_failed";
    CHECK(has(run.err, "outcome=" + word));
    CHECK(has(read_file(directory / "metrics.prom"), "dispatch_attempts_total{outcome=\"" + word + "\"} 1"));
    CHECK(has(read_file(directory / "metrics.prom"), "dispatch_attempts_total{outcome=\"refused\"} 0"));
    for (const Words& listing :
         {Words{"dlq", "list"}, {"dlq", "show", "a1"}, {"attempts", "a1"}, {"events", "show", "a1"}}) {
      CAPTURE(listing.front());
      const auto text = run_dispatch(directory, listing);
      CHECK(has(text.out, word + ": the " + which + " of subscription crm failed: "));
      CHECK_FALSE(has(text.out, "refused"));
    }
    for (const Words& listing :
         {Words{"dlq", "list", "--json"}, {"attempts", "a1", "--json"}, {"events", "show", "a1", "--json"}}) {
      const auto json = run_dispatch(directory, listing).out;
      CHECK(has(json, "\"outcome\":\"refused\""));  // as it always was
      CHECK(has(json, "\"reason\":\"" + word + "\""));
    }
    auto commands = suggested(run_dispatch(directory, {"dlq", "list"}).err, receiver.url());
    auto mend = command(commands, {"subscription", "add"});
    REQUIRE(mend.size() > 1);
    CHECK(mend[mend.size() - 2] == "--" + which);
    mend.back() = ".data.n";
    CHECK(run_dispatch(directory, mend).exit_code == 0);
    CHECK(has(run_dispatch(directory, command(commands, {"dlq", "release", "--subscription"})).err,
              "released 1 delivery"));
    CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
    CHECK(receiver.count() == 1);
    CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
  }
}

TEST_CASE("a destination that is not allowed is still refused and has no other reason") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run", "-", "--deny-private", "--to", "http://127.0.0.1:1/"},
                                event_line("a1", "A", 1));
  CHECK(run.exit_code == 3);
  CHECK(has(run.err, "outcome=refused"));
  CHECK(has(run_dispatch(directory, {"dlq", "list", "--json"}).out, "\"reason\":null"));
}
