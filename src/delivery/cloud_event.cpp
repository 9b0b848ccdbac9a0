#include "delivery/cloud_event.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace dispatch::delivery {
namespace {

/// True where the text has the shape of `pattern`, in which 0 stands for a digit.
bool has_shape(std::string_view text, std::string_view pattern) {
  return text.size() == pattern.size() &&
         std::equal(text.begin(), text.end(), pattern.begin(),
                    [](char c, char p) { return p == '0' ? c >= '0' && c <= '9' : c == p; });
}

/// RFC 3339, 5.6, by its shape: whether there is such a day is for whoever reads it.
bool is_timestamp(std::string_view text) {
  constexpr std::string_view whole = "0000-00-00T00:00:00";
  if (!has_shape(text.substr(0, whole.size()), whole)) return false;
  text.remove_prefix(whole.size());
  if (text.starts_with('.')) {
    const auto digits = std::min(text.find_first_not_of("0123456789", 1), text.size());
    if (digits == 1) return false;
    text.remove_prefix(digits);
  }
  return text == "Z" || has_shape(text, "+00:00") || has_shape(text, "-00:00");
}

/// A URI reference (RFC 3986): what cannot stand in one is percent-encoded, and what is encoded stays.
std::string uri_reference(std::string_view text) {
  constexpr std::string_view marks = "-._~:/?#[]@!$&'()*+,;=";
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
  };
  std::string uri;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool encoded = c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    if (letter || encoded || marks.find(c) != std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

}  // namespace

std::vector<Attribute> cloud_event_attributes(const Outgoing& outgoing) {
  std::vector<Attribute> attributes{
      {"specversion", "1.0"},
      {"id", outgoing.event_id},
      {"source", outgoing.source.empty() ? "dispatch" : uri_reference(outgoing.source)},
      {"type", outgoing.type.empty() ? "dispatch.event" : outgoing.type},
  };
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) attributes.push_back({name, value});
  };
  if (is_timestamp(outgoing.time)) add("time", outgoing.time);
  if (outgoing.entity_id) add("partitionkey", *outgoing.entity_id);
  if (outgoing.sequence) add("sequence", fmt::format("{:019}", outgoing.sequence->value()));
  add("correlationid", outgoing.correlation_id);
  add("causationid", outgoing.causation_id);
  return attributes;
}

}  // namespace dispatch::delivery
