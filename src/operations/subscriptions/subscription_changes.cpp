#include "operations/subscriptions/subscription_changes.hpp"

#include "operations/subscriptions/subscription_fields.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace dispatch::operations {
namespace {

using Kind = SubscriptionChange::Kind;

}  // namespace

std::string_view to_string(Kind kind) {
  constexpr std::array<std::string_view, 4> names{"added", "changed", "unchanged", "removed"};
  return names[static_cast<std::size_t>(kind)];
}

SubscriptionChange change_to(const Subscription* before, Subscription wanted) {
  SubscriptionChange change;
  if (before == nullptr) {
    change.kind = Kind::added;
  } else {
    const auto from = definition_fields(*before);
    const auto to = definition_fields(wanted);
    for (std::size_t i = 0; i < to.size(); ++i)
      if (from[i] != to[i]) change.fields.push_back({to[i].name, from[i].text, to[i].text});
    if (before->headers != wanted.headers && header_names(before->headers) == header_names(wanted.headers))
      change.fields.push_back({"headers", "the values before", "new values"});
    if (before->secrets != wanted.secrets)
      change.fields.push_back({"secret", before->secrets.empty() ? "" : "the one before", "a new one"});
    change.kind = change.fields.empty() ? Kind::unchanged : Kind::changed;
  }
  change.wanted = std::move(wanted);
  return change;
}

std::vector<SigningSecret> with_newest(std::vector<SigningSecret> secrets, std::string text, WallTime now,
                                       std::chrono::microseconds keep) {
  if (!secrets.empty() && secrets.front().text == text && !secrets.front().until) return secrets;
  std::vector<SigningSecret> all{{std::move(text), std::nullopt}};
  for (auto& older : secrets) {
    older.until = std::min(older.until.value_or(now + keep), now + keep);
    if (*older.until > now && older.text != all.front().text) all.push_back(std::move(older));
  }
  return all;
}

Result<std::vector<SubscriptionChange>> changes_to(const SubscriptionSet& journal,
                                                   const std::vector<Declared>& declared, bool prune,
                                                   WallTime now) {
  std::vector<SubscriptionChange> changes;
  for (const auto& one : declared) {
    const auto before = journal.find(one.subscription.id);
    Subscription wanted = one.subscription;
    if (before) {
      wanted.no = before->no;
      wanted.secrets = before->secrets;
    }
    auto secret = read_secret(one.secret);
    if (!secret)
      return tl::unexpected(Error{secret.error().failure,
                                  fmt::format("subscription {}: {}", wanted.id, secret.error().message)});
    if (*secret)
      wanted.secrets = with_newest(std::move(wanted.secrets), (*secret)->reveal(), now, one.secret_keep);
    changes.push_back(change_to(before.get(), std::move(wanted)));
  }
  if (!prune) return changes;
  for (const auto& stored : journal.all()) {
    if (std::none_of(declared.begin(), declared.end(),
                     [&](const Declared& one) { return one.subscription.id == stored->id; }))
      changes.push_back({Kind::removed, *stored, {}});
  }
  return changes;
}

bool any_change(const std::vector<SubscriptionChange>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const SubscriptionChange& change) { return change.kind != Kind::unchanged; });
}

}  // namespace dispatch::operations
