#pragma once

#include "support/network/http_wire.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>

namespace dispatch::test {

/// One accepted connection of a TlsReceiver, as a test that misbehaves on it sees it. Its handshake is over.
/// Every wait ends when the other side has gone or the receiver ends.
class TlsConversation {
 public:
  /// Waits until the socket can be read, or for so many milliseconds; false where the receiver ends.
  using Wait = std::function<bool(int milliseconds)>;
  /// `session` is borrowed.
  TlsConversation(SSL* session, std::size_t number, Wait wait)
      : session_(session), number_(number), wait_(std::move(wait)) {}

  /// In order of acceptance, from 0.
  std::size_t number() const { return number_; }
  /// The next whole request; nothing where the other side has gone.
  std::optional<WireRequest> request();
  /// In one record, up to 16 KiB. False where the other side has gone.
  bool send(std::string_view text);
  /// Waits until the other side has gone.
  void linger();
  /// Lets some time pass, and nothing be read.
  void rest(int milliseconds);

  /// Asks for another handshake (TLS 1.2), which goes on with the next call that reads.
  bool ask_to_renegotiate();
  /// Goes through with another handshake (TLS 1.2). Nothing else may come meanwhile.
  bool renegotiate();
  /// Sends one more ticket (TLS 1.3).
  bool send_ticket();
  /// Begins with a new key, and asks for one in return (TLS 1.3).
  bool update_keys();

  /// The connection ends without TLS's goodbye.
  void forget_goodbye() { says_goodbye_ = false; }
  bool says_goodbye() const { return says_goodbye_; }
  /// The connection ends with a reset.
  void reset();

 private:
  bool receive();

  SSL* const session_;
  const std::size_t number_;
  const Wait wait_;
  bool says_goodbye_ = true;
  std::string in_;
};

}  // namespace dispatch::test
