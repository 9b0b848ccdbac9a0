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

/// Takes JSON documents, one behind the other and spread over lines as they may be, apart into the texts of
/// their elements (see JsonElements). Each text is passed on byte for byte. Where the structure of the text
/// is broken, what follows cannot be told apart any more: the element under way is passed on with a fault,
/// and then there is an error that names the line.
class JsonFrames final : public Frames {
 public:
  /// An element of more than `element_most` bytes comes in pieces, as soon as that is known of it. With
  /// `records`, a document without an array there is passed on with a fault: whole where it is no longer than
  /// `element_most`, else as empty text.
  JsonFrames(std::unique_ptr<Source> source, std::size_t element_most, std::optional<JsonPointer> records);

  Result<std::optional<Frame>> next(Wait wait) override;
  bool ended() const override { return ended_; }
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks) override { input_.hand_over(blocks); }

 private:
  /// What the unread bytes that were looked at are.
  enum class Held {
    nothing,   ///< separators and other values, to be left out
    element,   ///< the begin of an element
    document,  ///< the begin of a document whose array has not come
  };

  /// Goes on to the next event, through what has been read.
  JsonElements::Event advance();
  /// What is to be returned because of an event, if anything is.
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
  std::size_t scanned_ = 0;  ///< unread bytes that were looked at
  std::size_t dropped_ = 0;  ///< bytes left out since the last frame
  Held held_ = Held::nothing;
  std::uint64_t line_ = 0;           ///< on which what is held begins
  std::uint64_t document_line_ = 0;  ///< on which the document begins
  bool first_ = true;                ///< nothing of the element was returned yet
  std::string fault_;
  bool broken_ = false;
  bool ended_ = false;
};

}  // namespace dispatch::ingest
