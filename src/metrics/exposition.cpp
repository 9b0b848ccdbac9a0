#include "metrics/exposition.hpp"

#include "metrics/keys.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace dispatch::metrics {
namespace {

constexpr std::string_view total{"_total"};
constexpr std::array<std::string_view, 3> type_names{"counter", "gauge", "histogram"};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cuts what stands before `end` off the front of `text`.
std::string_view next_part(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const auto part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return trimmed(part);
}

struct Wish {
  std::string_view type;
  double quality = 1;
};

Wish read_wish(std::string_view text) {
  Wish wish{next_part(text, ';'), 1};
  while (!text.empty()) {
    const auto parameter = next_part(text, ';');
    if (!parameter.starts_with("q=")) continue;
    double quality = 0;
    const auto [end, error] =
        std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), quality);
    if (error == std::errc{}) wish.quality = quality;
  }
  return wish;
}

/// Everything that is known, by key; keys of one name lie next to each other, as '{' is above what names
/// consist of.
using Known = std::map<std::string, std::string, std::less<>>;

class Writer {
 public:
  Writer(const std::map<std::string, std::int64_t>& counted, const std::vector<Sample>& read, Format format)
      : counted_(counted), format_(format) {
    for (const auto& [key, count] : counted) known_[key] = std::to_string(count);
    for (const auto& sample : read) known_[sample.key] = number_text(sample.value);
  }

  void write(const Family& family) {
    head(family);
    if (family.type == Type::histogram)
      histogram(family);
    else
      series(family);
  }

  std::string take() {
    if (format_ == Format::openmetrics) text_ += "# EOF\n";
    return std::move(text_);
  }

 private:
  void head(const Family& family) {
    auto name = family.name;
    if (format_ == Format::openmetrics && family.type == Type::counter) name.remove_suffix(total.size());
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, family.help,
                   type_names[static_cast<std::size_t>(family.type)]);
  }

  void line(std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(text_), "{} {}\n", key, value);
  }

  void series(const Family& family) {
    if (family.label.empty()) {
      const auto found = known_.find(family.name);
      line(family.name, found == known_.end() ? "0" : found->second);
      return;
    }
    for (const auto value : family.values)
      known_.try_emplace(labelled(family.name, family.label, value), "0");
    const std::string first = std::string{family.name} + '{';
    for (auto at = known_.lower_bound(first); at != known_.end() && at->first.starts_with(first); ++at)
      line(at->first, at->second);
  }

  void histogram(const Family& family) {
    std::int64_t below = 0;
    const auto bucket = [&](double bound) {
      const auto key = bucket_key(family.name, bound);
      if (const auto found = counted_.find(key); found != counted_.end()) below += found->second;
      line(key, std::to_string(below));
    };
    for (const double bound : family.bounds) bucket(bound);
    bucket(std::numeric_limits<double>::infinity());
    const auto sum = fmt::format("{}_sum", family.name);
    const auto found = known_.find(sum);
    line(sum, found == known_.end() ? "0" : found->second);
    line(fmt::format("{}_count", family.name), std::to_string(below));
  }

  const std::map<std::string, std::int64_t>& counted_;
  const Format format_;
  Known known_;
  std::string text_;
};

}  // namespace

Format acceptable(std::string_view accept) {
  std::optional<double> openmetrics;
  double text = 0;
  while (!accept.empty()) {
    const auto wish = read_wish(next_part(accept, ','));
    if (wish.type == "application/openmetrics-text")
      openmetrics = std::max(openmetrics.value_or(0), wish.quality);
    if (wish.type == "text/plain" || wish.type == "text/*") text = std::max(text, wish.quality);
  }
  return openmetrics && *openmetrics > 0 && *openmetrics >= text ? Format::openmetrics : Format::text;
}

std::string_view content_type(Format format) {
  return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

std::string exposition(std::span<const Family> families, const std::map<std::string, std::int64_t>& counted,
                       const std::vector<Sample>& read, Format format) {
  Writer writer{counted, read, format};
  for (const auto& family : families) writer.write(family);
  return writer.take();
}

}  // namespace dispatch::metrics
