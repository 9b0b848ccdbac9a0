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
  automatic,  ///< detected from the content
  lines,      ///< one JSON object a line
  json,       ///< documents one after the other; arrays are split into elements
  sequence,   ///< RFC 7464
};

struct FormatOptions {
  InputFormat format = InputFormat::automatic;
  /// Where the array of events is in each document; nothing: documents and the elements of arrays are events.
  /// Only with InputFormat::automatic and json.
  std::optional<JsonPointer> records = std::nullopt;
  std::size_t event_most = std::size_t{1024} * 1024;  ///< bytes; a longer frame comes in pieces
};

/// The frames of a text in a known format.
std::unique_ptr<Frames> frames_of(std::unique_ptr<Source> text, FormatOptions options);

/// The frames of an opened source: decompressed, decoded, and split by the given or detected format. A stop
/// ends it soon; then the frames are at their end, or report a truncated source.
std::unique_ptr<Frames> open_frames(std::unique_ptr<Source> source, FormatOptions options, const Warn& warn,
                                    const std::stop_token& stop);

}  // namespace dispatch::ingest
