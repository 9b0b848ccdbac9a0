#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// An unsupported input format.
struct ForeignFormat {
  std::string what;  ///< "CSV", "a zip archive"
  /// A command that, followed by a file name, converts it to JSON lines, such as "unzip -p"; empty: no
  /// command is widely known.
  std::string_view command = {};
  /// The same for data from a pipe.
  std::string_view piped_command = {};
  std::string advice = {};  ///< further advice; empty: none
  bool text = false;        ///< true: it has lines, which can at least be rejected one by one
};

/// The format that the first bytes of `seen` identify; nothing if they identify none.
std::optional<ForeignFormat> foreign_by_first_bytes(std::string_view seen);

/// YAML, if the text looks like it. Check this before treating its lines as parts of JSON.
std::optional<ForeignFormat> foreign_yaml(std::string_view seen);

/// True if the first 512 bytes have a NUL and no line end.
bool begins_binary(std::string_view seen);

/// The most likely format of data that has no line with a JSON object. Always returns something.
ForeignFormat foreign_by_looks(std::string_view seen);

}  // namespace dispatch::ingest
