// What the explorer has found, each as short as it could be made.

#include "unit/flow/model/explorer.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// A subscription that is added in the course of the history, and `events` for it.
Setting subscribed_later(std::vector<Line> events) {
  return {.events = std::move(events),
          .rules = {.subscribed = "http://s.test/hook", .subscribed_later = true}};
}

const std::vector<Line> one_lane{
    {"x1", "X", 1, ""}, {"x2", "X", 2, ""}, {"x3", "X", 3, ""}, {"x4", "X", 4, ""}};

}  // namespace

TEST_CASE("who follows waits for a repeated event that was accepted before its own") {
  const Setting setting{.events = {{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}}};
  CHECK_FALSE(play(setting, {
                                {Act::arrive, "x2"},
                                {Act::turn},
                                {Act::arrive_elsewhere, "y1"},
                                {Act::arrive_elsewhere, "x2"},
                            }));
}

TEST_CASE("what a fan-out puts below a busy lane is found again after a crash") {
  CHECK_FALSE(play(subscribed_later(one_lane), {
                                                   {Act::arrive, "x1"},
                                                   {Act::turn},
                                                   {Act::subscribe},
                                                   {Act::arrive, "x2"},
                                                   {Act::turn},
                                                   {Act::fan_out, "x1"},
                                                   {Act::pause},
                                                   {Act::turn},
                                                   {Act::crash_hold},
                                               }));
}

TEST_CASE("what waits in a busy lane waits for what a fan-out puts below it") {
  CHECK_FALSE(play(subscribed_later(one_lane), {
                                                   {Act::arrive, "x1"},
                                                   {Act::turn},
                                                   {Act::subscribe},
                                                   {Act::arrive, "x2"},
                                                   {Act::arrive, "x3"},
                                                   {Act::turn},
                                                   {Act::fan_out, "x1"},
                                               }));
}

TEST_CASE("a dead letter below what is done is not overtaken and goes when it is released") {
  CHECK_FALSE(play(subscribed_later(one_lane), {
                                                   {Act::arrive, "x1"},
                                                   {Act::arrive, "x2"},
                                                   {Act::turn},
                                                   {Act::subscribe},
                                                   {Act::arrive, "x3"},
                                                   {Act::turn},
                                                   {Act::fan_out, "x1"},
                                                   {Act::succeed, "x3>"},
                                                   {Act::turn},
                                                   {Act::arrive, "x4"},
                                                   {Act::give_up, "x1>"},
                                                   {Act::turn},
                                                   {Act::release, "x1>"},
                                               }));
}

TEST_CASE("a retry that comes due while its lane is in the window is sent") {
  CHECK_FALSE(play(subscribed_later(one_lane), {
                                                   {Act::arrive, "x1"},
                                                   {Act::arrive, "x2"},
                                                   {Act::turn},
                                                   {Act::subscribe},
                                                   {Act::arrive, "x3"},
                                                   {Act::turn},
                                                   {Act::fan_out, "x2"},
                                                   {Act::fail, "x3>"},
                                               }));
}

TEST_CASE("a retry below what is done is not overtaken") {
  CHECK_FALSE(play(subscribed_later(one_lane), {
                                                   {Act::arrive, "x1"},
                                                   {Act::turn},
                                                   {Act::subscribe},
                                                   {Act::arrive, "x2"},
                                                   {Act::turn},
                                                   {Act::fan_out, "x1"},
                                                   {Act::succeed, "x2>"},
                                                   {Act::turn},
                                                   {Act::arrive, "x3"},
                                                   {Act::fail, "x1>"},
                                               }));
}

TEST_CASE("a retry behind a dead letter ends no run too late and keeps none on") {
  CHECK_FALSE(play(subscribed_later(one_lane), {
                                                   {Act::arrive, "x1"},
                                                   {Act::turn},
                                                   {Act::arrive, "x2"},
                                                   {Act::subscribe},
                                                   {Act::turn},
                                                   {Act::fail, "x2>"},
                                                   {Act::fan_out, "x1"},
                                                   {Act::turn},
                                                   {Act::give_up, "x1>"},
                                               }));
}

TEST_CASE("a run ends where a gap of a paused subscription closes") {
  const Setting setting{.events = one_lane, .rules = {.subscribed = "http://s.test/hook"}};
  CHECK_FALSE(play(setting, {
                                {Act::arrive, "x1"},
                                {Act::turn},
                                {Act::halt},
                                {Act::arrive, "x3"},
                                {Act::arrive, "x2"},
                            }));
}

TEST_CASE("closed gaps of a paused subscription leave room for others") {
  Setting setting{.events = {{"d", "", {}, "http://d.test/"}}, .rules = {.subscribed = "http://s.test/hook"}};
  setting.rules.window = flow::WindowLimits::suiting({.requests = {.per_host = 1}});
  setting.rules.window->lanes = 3;
  History history;
  for (const char entity : {'x', 'y', 'z'}) {
    for (const int number : {1, 3, 2})
      setting.events.push_back(
          {std::string{entity} + std::to_string(number), std::string(1, entity), number, ""});
    history.push_back({Act::arrive, setting.events[setting.events.size() - 3].id});
    history.push_back({Act::arrive, setting.events[setting.events.size() - 2].id});
    history.push_back({Act::turn});
    history.push_back({Act::succeed, std::string{entity} + "1>"});
    history.push_back({Act::turn});
  }
  history.push_back({Act::halt});
  history.push_back({Act::turn});
  for (const char* id : {"x2", "y2", "z2"}) history.push_back({Act::arrive, id});
  history.push_back({Act::turn});
  history.push_back({Act::arrive, "d"});
  CHECK_FALSE(play(setting, history));
}

TEST_CASE("a run ends where a circuit is open when its subscription is paused") {
  Setting setting{.events = {{"x1", "X", 1, ""}, {"x2", "X", 2, ""}, {"y1", "Y", 1, ""}},
                  .rules = {.per_host = 4,
                            .subscribed = "http://s.test/hook",
                            .breaker = policy::BreakerPolicy{1, std::chrono::seconds{30}, 1, 1}}};
  setting.rules.window = flow::WindowLimits{4, 6, 2, 2, 2, 1, 1};
  CHECK_FALSE(play(setting, {
                                {Act::arrive, "x1"},
                                {Act::arrive, "y1"},
                                {Act::arrive, "x2"},
                                {Act::turn},
                                {Act::turn},
                                {Act::halt},
                                {Act::fail, "y1>"},
                            }));
}

TEST_CASE("a gap is closed also by an event that nothing delivers") {
  auto setting = subscribed_later(
      {{"x1", "X", 1, "http://b.test/hook"}, {"x2", "X", 2, ""}, {"x3", "X", 3, "http://b.test/hook"}});
  CHECK_FALSE(play(setting, {
                                {Act::arrive, "x1"},
                                {Act::turn},
                                {Act::arrive, "x3"},
                                {Act::turn},
                                {Act::arrive, "x2"},
                            }));
}

TEST_CASE("a delivery that is cancelled in a lane that is loaded while its subscription is paused") {
  const Setting setting{
      .events = {{"x1", "X", 1, ""}, {"x2", "X", 2, ""}, {"x3", "X", 3, ""}, {"x4", "X", 4, ""}},
      .rules = {.subscribed = "http://s.test/hook"}};
  CHECK_FALSE(play(setting, {{Act::arrive, "x1"},
                             {Act::arrive, "x2"},
                             {Act::arrive, "x4"},
                             {Act::arrive, "x3"},
                             {Act::turn},
                             {Act::succeed, "x1>"},
                             {Act::turn},
                             {Act::cancel, "x3>"},
                             {Act::halt}}));
}

TEST_CASE(
    "a run does not wait for a closed circuit where an operator has cancelled all that would go through it") {
  Setting setting{.events = {{"x1", "X", 1}, {"y1", "Y", 1}},
                  .rules = {.attempts = 1, .breaker = policy::BreakerPolicy{1, 30s, 1, 1}}};
  SUBCASE("of entities") {}
  SUBCASE("without an entity") {
    setting.events = {{"x1", "", {}}, {"y1", "", {}}};
  }
  for (const bool turn_between : {false, true}) {
    CAPTURE(turn_between);
    History history{{Act::arrive, "x1"}, {Act::arrive, "y1"}, {Act::turn}, {Act::cancel, "y1"}};
    if (turn_between) history.push_back({Act::turn});
    history.push_back({Act::fail, "x1"});
    CHECK_FALSE(play(setting, history));
  }
}

TEST_CASE("a run does not wait for a retry that an operator has cancelled") {
  CHECK_FALSE(play(subscribed_later(one_lane), {{Act::arrive, "x1"},
                                                {Act::turn},
                                                {Act::subscribe},
                                                {Act::arrive, "x2"},
                                                {Act::turn},
                                                {Act::fail, "x2>"},
                                                {Act::turn},
                                                {Act::fan_out, "x1"},
                                                {Act::cancel, "x2>"}}));
}

TEST_CASE("what an operator has asked for once is not done again after a crash") {
  Setting setting = subscribed_later({{"x1", "X", 1, ""}, {"x2", "X", 2, ""}, {"y1", "Y", 1, ""}});
  Act ends = Act::throttle;
  SUBCASE("at a receiver that asks for time") {}
  SUBCASE("at an open circuit") {
    setting.rules.breaker = policy::BreakerPolicy{1, 30s, 1, 1};
    ends = Act::fail;
  }
  CHECK_FALSE(play(setting, {{Act::subscribe},
                             {Act::arrive, "x2"},
                             {Act::turn},
                             {Act::retry_now, "x2>"},
                             {Act::arrive, "x1"},
                             {Act::arrive, "y1"},
                             {Act::turn},
                             {ends, "x1>"},
                             {Act::turn},
                             {Act::crash}}));
}

TEST_CASE("a crash does not lose what has come before a cancelled delivery in the journal") {
  const Setting setting{.events = {{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}}};
  CHECK_FALSE(play(setting, {{Act::arrive, "x2"},
                             {Act::arrive, "y1"},
                             {Act::turn},
                             {Act::arrive, "x1"},
                             {Act::turn},
                             {Act::pause},
                             {Act::cancel, "x1"},
                             {Act::turn},
                             {Act::crash}}));
}
