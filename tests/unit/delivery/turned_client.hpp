#pragma once

#include "delivery/http/direct/direct_client.hpp"
#include "support/fakes.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace dispatch::delivery {

/// A direct client whose loop the test turns, and of which it counts the turns.
class TurnedClient {
 public:
  explicit TurnedClient(HttpOptions options = {}) : options_(std::move(options)) {}
  TurnedClient(const TurnedClient&) = delete;
  TurnedClient& operator=(const TurnedClient&) = delete;
  ~TurnedClient() {
    client_.cut();
    client_.close_all();
    connecting_.reset();
    spare_.clear();
    loop_->close();
  }

  /// Makes an attempt, and turns until it has ended.
  Outcome attempt(Outgoing outgoing) {
    const RequestTarget& target = *client_.target(outgoing);
    const auto begun = client_.begin_on_kept(outgoing, target, {.now = now(), .keep = true});
    REQUIRE(begun);
    if (!*begun) {
      connecting_ = Transfer::make({options_, *loop_, addresses_, tls_sessions_, random_}).value();
      const auto purpose = target.secure ? Transfer::Purpose::connect_tls : Transfer::Purpose::connect;
      REQUIRE(connecting_->start(std::move(outgoing), clock_.wall(), purpose));
      connecting_->deadline = now() + connecting_->timeout();
    }
    const auto until = now() + std::chrono::seconds{10};
    ended_.clear();
    while (ended_.empty() && now() < until) turn(std::chrono::milliseconds{100});
    REQUIRE(ended_.size() == 1);
    return ended_.front().report.outcome;
  }

  /// Turns for that long. Returns how often something had happened.
  std::size_t turn_for(std::chrono::milliseconds time) {
    const auto until = now() + time;
    const std::size_t before = turns_;
    while (now() < until) turn(std::chrono::ceil<std::chrono::milliseconds>(until - now()));
    return turns_ - before;
  }
  std::size_t turns() const { return turns_; }

  /// How much later each request is begun than its connection was made.
  std::chrono::milliseconds delay{0};

 private:
  static SteadyTime now() { return std::chrono::steady_clock::now(); }

  void turn(std::chrono::milliseconds most) {
    loop_->wait(most);
    ++turns_;
    loop_->act();
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(loop_->multi(), &left)) {
      REQUIRE(message->data.result == CURLE_OK);
      std::this_thread::sleep_for(delay);
      client_.begin_on_new(std::move(connecting_), now());
    }
    for (auto& ended : client_.take_ended()) ended_.push_back(std::move(ended));
  }

  const HttpOptions options_;
  SystemRandom random_;
  test::ManualClock clock_;
  std::unique_ptr<MultiLoop> loop_ = MultiLoop::open(100).value();
  TlsSessions tls_sessions_;
  AddressMemory addresses_{std::chrono::seconds{60}};
  std::vector<std::unique_ptr<Transfer>> spare_;
  std::unique_ptr<Transfer> connecting_;
  DirectClient client_{{options_, *loop_, random_, clock_, spare_}};
  std::vector<DirectClient::Ended> ended_;
  std::size_t turns_ = 0;
};

}  // namespace dispatch::delivery
