#include "tracing/sampler.hpp"

#include <charconv>

namespace dispatch::tracing {

namespace {

constexpr std::string_view parent_based = "parentbased_";

std::optional<double> parse_share(std::string_view text) {
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(share >= 0 && share <= 1)) return std::nullopt;
  return share;
}

}  // namespace

Result<Sampler> Sampler::parse(std::string_view name, std::string_view argument) {
  Sampler sampler;
  if (name.empty()) return sampler;
  std::string_view rest = name;
  sampler.parent_decides_ = rest.starts_with(parent_based);
  if (sampler.parent_decides_) rest.remove_prefix(parent_based.size());
  if (rest == "always_on") return sampler;
  if (rest == "always_off") {
    sampler.below_ = 0;
    return sampler;
  }
  if (rest != "traceidratio") {
    return misuse(
        "OTEL_TRACES_SAMPLER is '{}', which is not a sampler; use one of always_on, always_off, "
        "traceidratio, "
        "parentbased_always_on, parentbased_always_off, parentbased_traceidratio",
        name);
  }
  if (argument.empty()) return sampler;
  const auto share = parse_share(argument);
  if (!share) {
    return misuse("OTEL_TRACES_SAMPLER_ARG is '{}'; with {} it is a number from 0 to 1, as 0.25", argument,
                  name);
  }
  sampler.below_ = static_cast<std::uint64_t>(*share * static_cast<double>(whole_));
  return sampler;
}

bool Sampler::samples(const TraceId& trace, const std::optional<TraceContext>& parent) const {
  if (parent_decides_ && parent) return parent->sampled();
  std::uint64_t low = 0;
  for (std::size_t i = 8; i < trace.size(); ++i) low = low << 8 | trace[i];
  return low % whole_ < below_;
}

}  // namespace dispatch::tracing
