// What the explorer has found, each as short as it could be made.

#include "flow/model/explorer.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

TEST_CASE("who follows waits for a repeated event that was accepted before its own") {
  const Setting setting{.events = {{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}}};
  CHECK_FALSE(play(setting, {
                                {Act::arrive, "x2"},
                                {Act::turn},
                                {Act::arrive_elsewhere, "y1"},
                                {Act::arrive_elsewhere, "x2"},
                            }));
}
