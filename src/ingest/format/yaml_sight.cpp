#include "ingest/format/yaml_sight.hpp"

#include <algorithm>
#include <cstddef>

namespace dispatch::ingest {
namespace {

constexpr std::size_t sample = 40;  // lines

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ');
}

bool is_item(std::string_view line) {
  return is_marker(line, "-");
}

/// "key:" or "key: value"; a key is one word.
bool is_entry(std::string_view line) {
  const auto end = line.find_first_of(": ,;\t{}[]\"'");
  return end != std::string_view::npos && end > 0 && line[end] == ':' && is_marker(line.substr(end), ":");
}

bool is_blank(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  return first == std::string_view::npos || line[first] == '#';
}

/// Takes the lines of a text one after the other.
class Look {
 public:
  /// False where the line shows that the text is not YAML.
  bool take(std::string_view line) {
    if (is_blank(line)) return true;
    const bool indented = line.front() == ' ';
    if (is_marker(line, "---")) {
      begun_ = true;
      if (line.find_first_not_of("- ") == std::string_view::npos) return true;
      line.remove_prefix(line.find_first_not_of("- "));
      return line.front() != '{' && line.front() != '[';
    }
    if (is_marker(line, "...") || (!begun_ && line.starts_with("%YAML"))) return true;
    if (indented) return begun_;
    if (!is_item(line) && !is_entry(line)) return false;
    if (sees_ == Yaml::none) sees_ = is_item(line) ? Yaml::list : Yaml::documents;
    begun_ = true;
    return true;
  }

  Yaml sees() const { return sees_; }

 private:
  bool begun_ = false;
  Yaml sees_ = Yaml::none;
};

}  // namespace

Yaml yaml_by_looks(std::string_view seen) {
  Look look;
  for (std::size_t lines = 0; !seen.empty() && lines < sample; ++lines) {
    const auto end = seen.find('\n');
    auto line = seen.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    // A last line that may be cut shows only what it begins with.
    const bool may_be_cut = end == std::string_view::npos && look.sees() != Yaml::none;
    if (may_be_cut && !line.starts_with('{') && !line.starts_with('[')) break;
    if (!look.take(line)) return Yaml::none;
    seen.remove_prefix(end == std::string_view::npos ? seen.size() : end + 1);
  }
  return look.sees();
}

}  // namespace dispatch::ingest
