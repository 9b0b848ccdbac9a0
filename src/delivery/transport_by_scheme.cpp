#include "delivery/transport_by_scheme.hpp"

#include "delivery/ended_here.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace dispatch::delivery {

TransportByScheme::TransportByScheme(const std::vector<Served>& served, Reports& reports)
    : reports_(reports) {
  for (const Served& one : served) {
    for (const std::string_view scheme : one.schemes) {
      if (std::find(schemes_.begin(), schemes_.end(), scheme) != schemes_.end()) continue;
      schemes_.push_back(scheme);
      places_.push_back(transports_.size());
    }
    transports_.push_back(&one.transport);
  }
}

void TransportByScheme::send(std::vector<Outgoing> batch) {
  if (batch.empty()) return;
  const auto first = place_of(batch.front().url);
  const bool all_alike = std::all_of(batch.begin() + 1, batch.end(), [&](const Outgoing& outgoing) {
    return place_of(outgoing.url) == first;
  });
  if (first && all_alike) return transports_[*first]->send(std::move(batch));

  std::vector<std::vector<Outgoing>> parts(transports_.size());
  std::vector<Report> refused;
  for (Outgoing& outgoing : batch) {
    if (const auto place = place_of(outgoing.url); place)
      parts[*place].push_back(std::move(outgoing));
    else
      refused.push_back({outgoing.ticket, refusal(outgoing.url)});
  }
  for (std::size_t place = 0; place < parts.size(); ++place)
    if (!parts[place].empty()) transports_[place]->send(std::move(parts[place]));
  if (!refused.empty()) reports_.put(std::move(refused));
}

void TransportByScheme::withdraw() {
  for (Transport* const transport : transports_) transport->withdraw();
}

void TransportByScheme::abort() {
  for (Transport* const transport : transports_) transport->abort();
}

std::size_t TransportByScheme::waiting() const {
  std::size_t waiting = 0;
  for (const Transport* const transport : transports_) waiting += transport->waiting();
  return waiting;
}

std::vector<Fate> TransportByScheme::resolve(std::span<const Attempted> attempts) {
  std::vector<std::vector<Attempted>> parts(transports_.size());
  std::vector<std::vector<std::size_t>> came_from(transports_.size());
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const auto place = place_of(attempts[i].url);
    if (!place) continue;
    parts[*place].push_back(attempts[i]);
    came_from[*place].push_back(i);
  }
  std::vector<Fate> fates(attempts.size(), Fate::unknown);
  for (std::size_t place = 0; place < parts.size(); ++place) {
    if (parts[place].empty()) continue;
    const auto some = transports_[place]->resolve(parts[place]);
    for (std::size_t i = 0; i < some.size(); ++i) fates[came_from[place][i]] = some[i];
  }
  return fates;
}

const SpanProtocol& TransportByScheme::protocol(std::string_view url) const {
  const auto place = place_of(url);
  return place ? transports_[*place]->protocol(url) : plain_protocol();
}

std::optional<std::size_t> TransportByScheme::place_of(std::string_view url) const {
  for (std::size_t i = 0; i < schemes_.size(); ++i)
    if (has_scheme(url, schemes_[i])) return places_[i];
  return std::nullopt;
}

/// Names nothing of the URL but its scheme: the rest may be a secret.
Outcome TransportByScheme::refusal(std::string_view url) const {
  const auto scheme = scheme_of(url);
  return not_made(
      OutcomeKind::refused,
      scheme.empty()
          ? "not sent: its URL has no scheme"
          : fmt::format("not sent: its URL has the scheme '{}', and this program delivers to {} only", scheme,
                        listed(schemes_, "and")));
}

}  // namespace dispatch::delivery
