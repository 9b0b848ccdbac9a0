#pragma once

#include "base/system/fd.hpp"
#include "ingest/source/source.hpp"

#include <memory>
#include <stop_token>
#include <string>

namespace dispatch::ingest {

/// Whatever may have to be waited for: a pipe, a terminal, a socket. A stop request ends the wait at once,
/// and the source is then at its end. The descriptor's flags are left alone, as standard input is shared with
/// other processes.
class StreamSource final : public Source {
 public:
  /// Failed where the machine has no descriptor left for the stop signal.
  static Result<std::unique_ptr<StreamSource>> make(std::string name, Fd stream, const std::stop_token& stop);

  /// Of use to make() only.
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
  Fd stopped_;  ///< an eventfd, readable once a stop was requested
  std::stop_callback<Signal> on_stop_;
};

}  // namespace dispatch::ingest
