#pragma once

#include "ingest/source/source.hpp"

#include <memory>
#include <stop_token>
#include <utility>

namespace dispatch::ingest {

/// A source that reports its end after a stop was requested, even if it has more data. So a reader of a long
/// source, such as decompression, ends soon. Used by one thread.
class StoppableSource final : public Source {
 public:
  StoppableSource(std::unique_ptr<Source> inner, std::stop_token stop)
      : inner_(std::move(inner)), stop_(std::move(stop)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (stop_.stop_requested()) return std::size_t{0};
    return inner_->read(into);
  }
  bool ready() override { return stop_.stop_requested() || inner_->ready(); }
  const std::string& name() const override { return inner_->name(); }

 private:
  std::unique_ptr<Source> inner_;
  const std::stop_token stop_;
};

}  // namespace dispatch::ingest
