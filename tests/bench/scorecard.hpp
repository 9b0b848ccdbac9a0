#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::bench {

/// One line of the table that the program is held to. Higher is better where `aim` is above `to_reach`.
struct Goal {
  const char* name;     ///< for machines
  const char* measure;  ///< for people
  const char* unit;     ///< empty: a ratio
  double to_reach;
  double aim;
};

/// "aim", "reached" or "missed".
std::string_view verdict(const Goal& goal, double figure);

/// What was measured of that table.
class Scorecard {
 public:
  /// `note`: the circumstances that the figure is to be read with.
  void add(const Goal& goal, double figure, std::string note = {});

  /// A line for what could not be measured here.
  void add_missing(const Goal& goal, std::string why);

  /// The closing table, to standard output.
  void print() const;
  /// The same as JSON, an object a line. Throws std::system_error.
  void write(const std::filesystem::path& path) const;

 private:
  struct Line {
    Goal goal;
    std::optional<double> figure;  ///< nothing: not measured
    std::string note;
  };
  std::vector<Line> lines_;
};

}  // namespace dispatch::bench
