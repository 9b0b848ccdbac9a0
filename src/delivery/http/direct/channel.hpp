#pragma once

#include "base/system/fd.hpp"
#include "delivery/http/transfer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::delivery {

/// The bytes of one connection. Nothing blocks.
class Channel {
 public:
  enum class State {
    moved,    ///< bytes were moved
    blocked,  ///< wait for Progress::awaited
    closed,   ///< the peer sends nothing more
    failed,   ///< the connection is broken
  };
  struct Progress {
    State state = State::blocked;
    std::size_t bytes = 0;
    bool drained = false;       ///< of a read: there was nothing more
    std::uint32_t awaited = 0;  ///< if blocked: the events of the socket to wait for (EPOLLIN, EPOLLOUT)
  };

  virtual ~Channel() = default;
  virtual Progress read(std::span<char> into) = 0;
  /// `more`: more is written right afterwards. A write that was blocked is repeated with the same bytes, or
  /// the same and more.
  virtual Progress write(std::string_view bytes, bool more) = 0;
  /// Describes what broke the connection. Empty if nothing did.
  virtual std::string explain() const = 0;
  virtual int socket() const = 0;

  /// What comes from a peer that was not asked; blocked: nothing. TLS's own messages are handled and do not
  /// count. What was sent may be taken.
  virtual State listen() = 0;
  /// True if nothing comes, and nothing has begun that goes on by itself, such as another handshake of TLS.
  virtual bool is_at_rest() = 0;
};

/// A TCP connection or one of a Unix socket.
class PlainChannel final : public Channel {
 public:
  PlainChannel(Fd socket, MultiLoop& loop) : socket_(std::move(socket)), loop_(loop) {}
  PlainChannel(const PlainChannel&) = delete;
  PlainChannel& operator=(const PlainChannel&) = delete;
  ~PlainChannel() override { loop_.disown(socket_.get()); }

  Progress read(std::span<char> into) override;
  Progress write(std::string_view bytes, bool more) override;
  std::string explain() const override;
  int socket() const override { return socket_.get(); }
  State listen() override;
  bool is_at_rest() override { return listen() == State::blocked; }

 private:
  const Fd socket_;
  MultiLoop& loop_;
  bool writing_ = false;  // what the error is of
  int error_ = 0;
};

/// A connection that libcurl has made and encrypts.
class TlsChannel final : public Channel {
 public:
  /// `transfer` has connected by connect_tls; at the end of the connection it goes to `spare`.
  TlsChannel(std::unique_ptr<Transfer> transfer, std::vector<std::unique_ptr<Transfer>>& spare)
      : transfer_(std::move(transfer)), spare_(spare), socket_(transfer_->socket()) {}
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;
  ~TlsChannel() override;

  Progress read(std::span<char> into) override;
  Progress write(std::string_view bytes, bool more) override;
  std::string explain() const override;
  int socket() const override { return socket_; }
  State listen() override;
  bool is_at_rest() override;

 private:
  Progress progress(CURLcode code, std::size_t bytes, std::uint32_t usual);
  ssl_st* session();
  std::uint32_t awaited(std::uint32_t usual);

  std::unique_ptr<Transfer> transfer_;
  std::vector<std::unique_ptr<Transfer>>& spare_;
  const int socket_;
  ssl_st* session_ = nullptr;  // null: not asked for, or not OpenSSL's
  CURLcode error_ = CURLE_OK;
};

}  // namespace dispatch::delivery
