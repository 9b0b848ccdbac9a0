#include "ingest/format/open_frames.hpp"

#include "ingest/format/detected_frames.hpp"
#include "ingest/framing/json_frames.hpp"
#include "ingest/framing/lines.hpp"
#include "ingest/framing/sequence_frames.hpp"
#include "ingest/source/nul_skipping_source.hpp"
#include "ingest/source/text_source.hpp"

#include <utility>

namespace dispatch::ingest {

std::unique_ptr<Frames> frames_of(std::unique_ptr<Source> text, FormatOptions options) {
  switch (options.format) {
    case InputFormat::json:
      return std::make_unique<JsonFrames>(std::move(text), options.event_most, std::move(options.records));
    case InputFormat::sequence:
      return std::make_unique<SequenceFrames>(std::move(text), options.event_most);
    case InputFormat::automatic:
    case InputFormat::lines:
      break;
  }
  return std::make_unique<Lines>(std::move(text), options.event_most);
}

std::unique_ptr<Frames> open_frames(std::unique_ptr<Source> source, FormatOptions options, const Warn& warn,
                                    const std::stop_token& stop) {
  auto decoded = std::make_unique<TextSource>(std::move(source), warn, stop);
  const TextSource& known = *decoded;
  auto text = std::make_unique<NulSkippingSource>(std::move(decoded), warn);
  if (options.format != InputFormat::automatic) return frames_of(std::move(text), std::move(options));
  return std::make_unique<DetectedFrames>(std::move(text), known, std::move(options));
}

}  // namespace dispatch::ingest
