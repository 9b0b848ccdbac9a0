#include "flow/observe/story.hpp"

#include "unit/flow/stage.hpp"

#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Keeps the stories it is told.
class Listener final : public flow::Observer {
 public:
  explicit Listener(bool wants = true) : wants_(wants) {}
  void committed(const flow::CommittedTurn& turn) override {
    stories.insert(stories.end(), turn.stories.begin(), turn.stories.end());
  }
  bool wants_stories() const override { return wants_; }

  const flow::Story& of(std::string_view event, unsigned attempt = 1) const {
    for (const auto& story : stories)
      if (story->texts[flow::Story::event_id] == event && story->attempt == attempt) return *story;
    FAIL("no story of " << event << ", attempt " << attempt);
    return *stories.front();
  }

  std::vector<std::shared_ptr<const flow::Story>> stories;

 private:
  bool wants_;
};

/// "order 2s, permit 1s"
std::string waits_of(const flow::Story& story) {
  std::string text;
  for (std::size_t i = 0; i < story.waited; ++i) {
    const auto& wait = story.waits[i];
    const auto seconds = std::chrono::duration<double>(wait.until - wait.from).count();
    text += fmt::format("{}{} {}s", i == 0 ? "" : ", ", to_string(wait.why), seconds);
  }
  return text;
}

}  // namespace

TEST_CASE("an attempt that goes at once has waited for nothing") {
  Stage stage;
  Listener listener;
  stage.observe(listener);
  stage.arrive({{"e", "a", 1}});
  stage.play();
  stage.answer("e", 200);
  REQUIRE(listener.stories.size() == 1);
  const auto& story = listener.of("e");
  CHECK(story.texts[flow::Story::entity_id] == "a");
  CHECK(story.texts[flow::Story::host] == "a.test");
  CHECK(story.by == Transition::succeed);
  CHECK(story.status == 200);
  CHECK(story.waited == 0);
}

TEST_CASE("where nobody wants them nothing is told of attempts") {
  Stage stage;
  Listener listener{false};
  stage.observe(listener);
  stage.arrive({{"e", "a", 1}});
  stage.play();
  stage.answer("e", 200);
  CHECK(listener.stories.empty());
}

TEST_CASE("what comes after another of its entity has waited for order and then for a permit") {
  flow::RunOptions options;
  options.per_host = 1;
  Stage stage{options};
  Listener listener;
  stage.observe(listener);
  stage.arrive({{"a1", "a", 1}, {"a2", "a", 2}, {"b1", "b", 1}});
  stage.play();
  stage.tick(2s);
  stage.answer("a1", 200);  // b1 came to the gate before a2
  stage.tick(3s);
  stage.answer("b1", 200);
  stage.answer("a2", 200);
  CHECK(waits_of(listener.of("a1")).empty());
  CHECK(waits_of(listener.of("b1")) == "permit 2s");
  CHECK(waits_of(listener.of("a2")) == "order 2s, permit 3s");
}

TEST_CASE("what a rate holds back has waited for it") {
  flow::RunOptions options;
  options.rate = Rate{1, 10s};
  Stage stage{options};
  Listener listener;
  stage.observe(listener);
  stage.arrive({{"e1", "a", 1}, {"e2", "b", 1}});
  stage.play();
  stage.answer("e1", 200);
  stage.tick(10s);
  stage.answer("e2", 200);
  CHECK(waits_of(listener.of("e2")) == "rate 10s");
}

TEST_CASE("what a circuit holds back has waited for it and a retry is told with its time") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{.failures = 1, .open_for = 30s, .probes = 1, .successes = 1};
  options.retry.backoff_first = 1s;
  options.retry.jitter = 0;
  Stage stage{options};
  Listener listener;
  stage.observe(listener);
  stage.arrive({{"e1", "a", 1}});
  stage.play();
  stage.answer("e1", 500);
  const auto& failed = listener.of("e1");
  CHECK(failed.by == Transition::retry);
  CHECK(failed.due - failed.ended == 1s);
  stage.tick(1s);
  stage.tick(29s);
  stage.answer("e1", 200);
  CHECK(waits_of(listener.of("e1", 2)) == "circuit 29s");
}
