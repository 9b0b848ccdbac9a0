#include "cli/output/subscription_changes_text.hpp"

#include "base/text/printable.hpp"
#include "operations/subscriptions/subscription_fields.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

using Kind = operations::SubscriptionChange::Kind;

constexpr std::array<char, 4> kind_marks{'+', '~', '=', '-'};

/// Where a subscription leaves these to the run, its options of these names apply.
constexpr std::array<std::string_view, 3> left_to_run{"timeout", "attempts", "on_status"};

std::string shown(std::string_view field, const std::string& text) {
  if (!text.empty()) return printable(text);
  if (std::find(left_to_run.begin(), left_to_run.end(), field) == left_to_run.end()) return "not set";
  std::string option{field};
  std::replace(option.begin(), option.end(), '_', '-');
  return fmt::format("not set (the run's --{} applies)", option);
}

}  // namespace

std::string changes_text(const std::vector<operations::SubscriptionChange>& changes) {
  std::string text;
  for (const auto& change : changes) {
    text += fmt::format("{} {}", kind_marks[static_cast<std::size_t>(change.kind)], change.wanted.id);
    if (change.kind == Kind::added) {
      const auto fields = operations::definition_fields(change.wanted);
      text += fmt::format("   {}   {}", printable(fields[0].text), printable(fields[1].text));
    }
    text += '\n';
    for (const auto& field : change.fields)
      text += fmt::format("    {:<13} {} -> {}\n", field.name, shown(field.name, field.from),
                          shown(field.name, field.to));
  }
  return text;
}

std::string changes_summary(const std::vector<operations::SubscriptionChange>& changes) {
  std::array<std::size_t, 4> counts{};
  for (const auto& change : changes) ++counts[static_cast<std::size_t>(change.kind)];
  std::string text;
  for (std::size_t kind = 0; kind < counts.size(); ++kind)
    if (counts[kind] > 0)
      text +=
          fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[kind], to_string(static_cast<Kind>(kind)));
  return text.empty() ? "no subscriptions" : text;
}

}  // namespace dispatch::cli
