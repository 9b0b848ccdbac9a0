#pragma once

#include "ingest/source/lookahead.hpp"
#include "ingest/source/source.hpp"
#include "ingest/source/warn.hpp"

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Decodes a source to text: decompresses it, repeatedly up to `layers_most` times, and converts UTF-16 with
/// a byte-order mark to UTF-8. Each layer is recognised by its first bytes as soon as they arrive,
/// independent of the source's name. Everything else passes unchanged. A stop takes effect between two reads
/// of any layer, also for strongly compressed data. Used by one thread.
class TextSource final : public Source {
 public:
  static constexpr std::size_t layers_most = 3;

  TextSource(std::unique_ptr<Source> inner, Warn warn, std::stop_token stop = {});

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override;
  const std::string& name() const override { return source_->name(); }

  /// The commands that decode the source to this text, in order: "gzip -dc". Known after the first read.
  const std::vector<std::string_view>& commands() const { return commands_; }

 private:
  enum class Layer { none, undecided, taken };

  /// Removes every layer that the bytes seen so far show.
  void settle();
  Layer take_layer();

  std::unique_ptr<Lookahead> source_;
  const Warn warn_;
  const std::stop_token stop_;
  std::vector<std::string_view> commands_;
  bool settled_ = false;
};

}  // namespace dispatch::ingest
