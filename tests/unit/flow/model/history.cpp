#include "unit/flow/model/history.hpp"

#include <fmt/format.h>

namespace dispatch::test {
namespace {

constexpr std::array<std::string_view, act_count> act_names{"turn",         "crash",   "crash_hold",
                                                            "inherit",      "stop",    "leave",
                                                            "wait_for_due", "pause",   "arrive_elsewhere",
                                                            "release",      "discard", "skip_gap",
                                                            "subscribe",    "fan_out", "halt",
                                                            "resume",       "move",    "remove",
                                                            "replay",       "cancel",  "retry_now",
                                                            "arrive",       "succeed", "fail",
                                                            "time_out",     "give_up", "throttle",
                                                            "abort"};

}  // namespace

std::string to_text(const History& history) {
  std::string text;
  for (const auto& [act, subject] : history) {
    const auto name = act_names[static_cast<std::size_t>(act)];
    text += subject.empty() ? fmt::format("    {{Act::{}}},\n", name)
                            : fmt::format("    {{Act::{}, \"{}\"}},\n", name, subject);
  }
  return text;
}

}  // namespace dispatch::test
