// Another owner has taken a delivery over while its attempt was under way: what became of the attempt is
// nothing that this process may record, count or follow.

#include "support/journal/flawed_journal.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <memory>
#include <vector>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// The deliveries that settle first are another owner's by then.
struct TakenOver final : FlawedJournal {
  TakenOver(std::unique_ptr<journal::Journal> journal, bool& taken)
      : FlawedJournal(std::move(journal)), taken_(taken) {}
  Result<std::vector<journal::Settled>> settle(std::span<const journal::Settlement> settlements) override {
    if (!taken_) return sound_transaction().settle(settlements);
    return std::vector(settlements.size(), journal::Settled::lost);
  }

 private:
  bool& taken_;
};

}  // namespace

TEST_CASE("an outcome that is another owner's by now is not counted and its lane does not go on") {
  bool taken = true;
  DispatcherFixture fixture{DispatcherFixture::Dark{}};
  fixture.through = [&](auto journal) { return std::make_unique<TakenOver>(std::move(journal), taken); };
  REQUIRE(fixture.rise());
  fixture.arrive({{"a1", "A", 1}, {"a2", "A", 2}, {"b1", "B", 1}, {"b2", "B", 2}});
  fixture.play();
  CHECK(fixture.transport.sent_ids() == std::vector<std::string>{"a1", "b1"});

  fixture.answer("a1", 200);
  CHECK(fixture.stats().delivered == 0);
  CHECK(fixture.stats().attempts == 0);
  CHECK(fixture.stats().state_counts.of(DeliveryState::in_flight) == 2);
  CHECK(fixture.transport.sent_ids() == std::vector<std::string>{"a1", "b1"});

  taken = false;
  fixture.answer("b1", 200);
  fixture.answer("b2", 200);
  CHECK(fixture.stats().delivered == 2);
  CHECK(fixture.transport.sent_ids() == std::vector<std::string>{"a1", "b1", "b2"});
}
