#pragma once

#include "ingest/framing/frame.hpp"
#include "ingest/framing/input_buffer.hpp"
#include "ingest/framing/json_elements.hpp"
#include "ingest/framing/json_pointer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::ingest {

/// Splits a series of JSON documents, in any layout, into the texts of their elements (see JsonElements),
/// byte for byte. If the structure is broken, the rest cannot be split: the current element is returned with
/// a fault, and then an error names the line.
class JsonFrames final : public Frames {
 public:
  /// An element of more than `element_most` bytes comes in pieces, as soon as that is known. With `records`,
  /// a document without an array at that place is returned with a fault: complete up to `element_most` bytes,
  /// otherwise as empty text.
  JsonFrames(std::unique_ptr<Source> source, std::size_t element_most, std::optional<JsonPointer> records);

  Result<std::optional<Frame>> next(Wait wait) override;
  bool ended() const override { return ended_; }
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks) override { input_.hand_over(blocks); }

 private:
  /// What the examined unread bytes are.
  enum class Held {
    nothing,   ///< separators and other values, to be skipped
    element,   ///< the beginning of an element
    document,  ///< the beginning of a document before its array
  };

  /// Goes on to the next event within the bytes read so far.
  JsonElements::Event advance();
  /// The frame to return because of an event, if any.
  std::optional<Frame> take_event(JsonElements::Event event);
  std::optional<Frame> take_piece();
  Frame take_text(bool last);
  void hold(Held what);
  void drop();
  tl::unexpected<Error> broken() const;

  InputBuffer input_;
  const std::size_t element_most_;
  const std::optional<JsonPointer> records_;
  JsonElements elements_;
  std::size_t scanned_ = 0;  ///< unread bytes that were examined
  std::size_t dropped_ = 0;  ///< bytes skipped since the last frame
  Held held_ = Held::nothing;
  std::uint64_t line_ = 0;           ///< first line of the held text
  std::uint64_t document_line_ = 0;  ///< first line of the document
  bool first_ = true;                ///< nothing of the element was returned yet
  std::string fault_;
  bool broken_ = false;
  bool ended_ = false;
};

}  // namespace dispatch::ingest
