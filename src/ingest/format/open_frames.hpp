#pragma once

#include "ingest/framing/frame.hpp"
#include "ingest/framing/json_pointer.hpp"
#include "ingest/source/source.hpp"
#include "ingest/source/warn.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>

namespace dispatch::ingest {

enum class InputFormat {
  automatic,  ///< told by the content
  lines,      ///< one JSON object a line
  json,       ///< documents one behind the other, arrays taken apart
  sequence,   ///< RFC 7464
};

struct FormatOptions {
  InputFormat format = InputFormat::automatic;
  /// Where in each document the array of its events stands; none: documents and the elements of arrays are
  /// events. Only with InputFormat::automatic and json.
  std::optional<JsonPointer> records = std::nullopt;
  std::size_t event_most = std::size_t{1024} * 1024;  ///< bytes; a longer frame comes in pieces
};

/// The frames of a text, whose format is known.
std::unique_ptr<Frames> frames_of(std::unique_ptr<Source> text, FormatOptions options);

/// The frames of a source as it was opened: decompressed, decoded, in the format that it is told or found to
/// have. A stop ends it soon, and the frames are then at their end or say that the source is truncated.
std::unique_ptr<Frames> open_frames(std::unique_ptr<Source> source, FormatOptions options, const Warn& warn,
                                    const std::stop_token& stop);

}  // namespace dispatch::ingest
