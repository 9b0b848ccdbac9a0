#pragma once

#include <cstdint>
#include <string_view>

namespace dispatch::ingest {

enum class Yaml : std::uint8_t {
  none,       ///< the text does not look like YAML
  list,       ///< the first document is a list: "- event_id: a"
  documents,  ///< each of its documents is one value: "event_id: a", with "---" between them
};

/// Whether a text looks like YAML, by its first lines. The first line must be "---", "key: value" or "-
/// item"; so must each later line that is not indented. A text with a line of JSON is therefore not YAML.
Yaml yaml_by_looks(std::string_view seen);

}  // namespace dispatch::ingest
