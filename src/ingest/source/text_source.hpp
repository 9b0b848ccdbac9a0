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

/// A source as the text in it: decompressed, as often as it was compressed up to `layers_most` times, and
/// UTF-16 with a byte-order mark as UTF-8. Each layer is known by its first bytes, whatever the source's
/// name, and as soon as they have come. Everything else passes unchanged. A stop ends it between two reads of
/// any layer, however much a layer makes of little. Used by one thread.
class TextSource final : public Source {
 public:
  static constexpr std::size_t layers_most = 3;

  TextSource(std::unique_ptr<Source> inner, Warn warn, std::stop_token stop = {});

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override;
  const std::string& name() const override { return source_->name(); }

  /// The commands that make this text of the source, in the order in which they are to be used: "gzip -dc".
  /// Known once something was read.
  const std::vector<std::string_view>& commands() const { return commands_; }

 private:
  enum class Layer { none, undecided, taken };

  /// Takes off every layer that the bytes seen so far show.
  void settle();
  Layer take_layer();

  std::unique_ptr<Lookahead> source_;
  const Warn warn_;
  const std::stop_token stop_;
  std::vector<std::string_view> commands_;
  bool settled_ = false;
};

}  // namespace dispatch::ingest
