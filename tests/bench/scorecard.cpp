#include "bench/scorecard.hpp"

#include "base/text/json.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace dispatch::bench {

std::string_view verdict(const Goal& goal, double figure) {
  const double sign = goal.aim > goal.to_reach ? 1 : -1;
  if (sign * figure >= sign * goal.aim) return "aim";
  return sign * figure >= sign * goal.to_reach ? "reached" : "missed";
}

namespace {

std::string text(double figure, std::string_view unit) {
  if (unit.empty()) return fmt::format("{:.3f}", figure);
  return fmt::format("{:.0f} {}", figure, unit);
}

std::string figure_text(const std::optional<double>& figure, std::string_view unit) {
  return figure ? text(*figure, unit) : "-";
}

std::string_view verdict_text(const Goal& goal, const std::optional<double>& figure) {
  return figure ? verdict(goal, *figure) : "not measured";
}

}  // namespace

void Scorecard::add(const Goal& goal, double figure, std::string note) {
  lines_.push_back({goal, figure, std::move(note)});
}

void Scorecard::add_missing(const Goal& goal, std::string why) {
  lines_.push_back({goal, std::nullopt, std::move(why)});
}

void Scorecard::print() const {
  fmt::print("{:<68}{:>16}{:>16}{:>16}  {}\n", "measure", "figure", "to reach", "aim", "verdict");
  for (const auto& [goal, figure, note] : lines_) {
    fmt::print("{:<68}{:>16}{:>16}{:>16}  {}\n", goal.measure, figure_text(figure, goal.unit),
               text(goal.to_reach, goal.unit), text(goal.aim, goal.unit), verdict_text(goal, figure));
    if (!note.empty()) fmt::print("    {}\n", note);
  }
}

void Scorecard::write(const std::filesystem::path& path) const {
  std::string out;
  for (const auto& [goal, figure, note] : lines_) {
    JsonObject{out}
        .add("name", goal.name)
        .add("measure", goal.measure)
        .add("unit", goal.unit)
        .add("figure", figure)
        .add("to_reach", goal.to_reach)
        .add("aim", goal.aim)
        .add("verdict", verdict_text(goal, figure))
        .add("note", note);
    out += '\n';
  }
  std::ofstream file{path};
  file << out << std::flush;
  if (!file) throw std::system_error{errno, std::generic_category(), "cannot write " + path.string()};
}

}  // namespace dispatch::bench
