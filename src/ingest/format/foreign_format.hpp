#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// A format that is not read.
struct ForeignFormat {
  std::string what;  ///< "CSV", "a zip archive"
  /// Makes JSON lines of it when a file's name follows, as in "unzip -p"; empty: no command is widely known.
  std::string_view command = {};
  /// The same for what comes through a pipe.
  std::string_view piped_command = {};
  std::string advice = {};  ///< what else to do or to know; empty: nothing
  bool text = false;        ///< it can be read line by line, if only to be rejected
};

/// The format that a text is known to have by the first of its bytes, which `seen` begins with; or nothing.
std::optional<ForeignFormat> foreign_by_first_bytes(std::string_view seen);

/// YAML, where a text looks like it; to be asked before its lines are taken for parts of JSON.
std::optional<ForeignFormat> foreign_yaml(std::string_view seen);

/// True where the first 512 bytes hold a NUL and no end of line.
bool begins_binary(std::string_view seen);

/// The format of bytes of which no line is a JSON object, by what they look like. Always something.
ForeignFormat foreign_by_looks(std::string_view seen);

}  // namespace dispatch::ingest
