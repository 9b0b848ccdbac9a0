#pragma once

#include "ingest/format/format_detector.hpp"
#include "ingest/format/open_frames.hpp"
#include "ingest/framing/frame.hpp"
#include "ingest/source/lookahead.hpp"
#include "ingest/source/text_source.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace dispatch::ingest {

/// The frames of a text whose format is detected from its content, before the first frame. An unsupported
/// format is misuse; the message has a command that converts it to lines.
class DetectedFrames final : public Frames {
 public:
  /// `text` is the TextSource inside `source`.
  DetectedFrames(std::unique_ptr<Source> source, const TextSource& text, FormatOptions options);

  Result<std::optional<Frame>> next(Wait wait) override;
  bool ended() const override { return frames_ && frames_->ended(); }
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks) override {
    if (frames_) frames_->hand_over(blocks);
  }

 private:
  /// Decides as soon as the available text is enough, and reads more if waiting is allowed.
  Result<> detect(Wait wait);
  tl::unexpected<Error> refusal() const;

  std::unique_ptr<Lookahead> source_;
  const TextSource& text_;
  FormatOptions options_;
  FormatDetector detector_;
  std::unique_ptr<Frames> frames_;  ///< set once the format is known
};

}  // namespace dispatch::ingest
