#include "system/soak/samples.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

namespace dispatch::test {
namespace {

constexpr double mib = 1024.0 * 1024.0;

/// The value below which `share` of the values lie.
double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

double figure_of(std::span<const Sample> samples, const Tolerance& tolerance) {
  std::vector<double> values;
  for (const auto& sample : samples) values.push_back(sample.*tolerance.figure);
  return quantile(std::move(values), tolerance.highest ? 1.0 : 0.5);
}

}  // namespace

std::optional<double> rss_mib(pid_t process) {
  std::ifstream file{fmt::format("/proc/{}/statm", process)};
  std::uint64_t pages = 0, resident = 0;
  if (!(file >> pages >> resident) || pages == 0) return std::nullopt;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / mib;
}

std::optional<double> open_files(pid_t process) {
  std::error_code error;
  const std::filesystem::directory_iterator files{fmt::format("/proc/{}/fd", process), error};
  if (error) return std::nullopt;
  return static_cast<double>(std::distance(begin(files), end(files)));
}

double p99(std::vector<double> values) {
  return quantile(std::move(values), 0.99);
}

Flatness flatness(const std::vector<Sample>& samples, const Tolerance& tolerance) {
  if (samples.size() < 6) throw std::invalid_argument{"too few samples to compare thirds"};
  const std::span all{samples};
  const std::size_t third = samples.size() / 3;
  Flatness found;
  found.last = figure_of(all.last(third), tolerance);
  found.middle = figure_of(all.last(2 * third).first(third), tolerance);
  found.allowed = found.middle * (1 + tolerance.share) + tolerance.room;
  return found;
}

}  // namespace dispatch::test
