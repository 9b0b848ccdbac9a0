#include "cli/output/subscription_changes_text.hpp"

#include "base/text/printable.hpp"
#include "operations/subscriptions/subscription_fields.hpp"

#include <array>
#include <cstddef>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

using Kind = operations::SubscriptionChange::Kind;

constexpr std::array<char, 4> kind_marks{'+', '~', '=', '-'};

std::string shown(const std::string& text) {
  return text.empty() ? "none" : printable(text);
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
      text += fmt::format("    {:<13} {} -> {}\n", field.name, shown(field.from), shown(field.to));
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
