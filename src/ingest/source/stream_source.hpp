#pragma once

#include "base/system/fd.hpp"
#include "ingest/source/source.hpp"

#include <memory>
#include <stop_token>
#include <string>

namespace dispatch::ingest {

/// A source that may have to wait for data: a pipe, a terminal, a socket. A stop request ends the wait at
/// once, and the source then reports its end. Does not change the descriptor's flags, because other processes
/// share standard input.
class StreamSource final : public Source {
 public:
  /// Fails if the system has no descriptor left for the stop signal.
  static Result<std::unique_ptr<StreamSource>> make(std::string name, Fd stream, const std::stop_token& stop);

  /// Only make() can create it.
  class Made {
    friend StreamSource;
    Made() = default;
  };
  StreamSource(Made, std::string name, Fd stream, Fd stopped, const std::stop_token& stop)
      : name_(std::move(name)),
        stream_(std::move(stream)),
        stopped_(std::move(stopped)),
        on_stop_(stop, Signal{stopped_.get()}) {}

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override;
  const std::string& name() const override { return name_; }

 private:
  struct Signal {
    int fd;
    void operator()() const noexcept;
  };

  std::string name_;
  Fd stream_;
  Fd stopped_;  ///< an eventfd, readable after a stop request
  std::stop_callback<Signal> on_stop_;
};

}  // namespace dispatch::ingest
