#include "delivery/http/http_transport.hpp"

#include "base/fail_point.hpp"
#include "base/system/fd.hpp"
#include "delivery/ended_here.hpp"
#include "delivery/http/direct/direct_client.hpp"
#include "delivery/http/host_activity.hpp"
#include "delivery/http/http2/http2_client.hpp"
#include "delivery/http/http_protocol.hpp"
#include "delivery/http/multi_loop.hpp"
#include "delivery/http/stall_aware_clock.hpp"
#include "delivery/http/tls_files.hpp"
#include "delivery/http/tls_sessions.hpp"
#include "delivery/http/transfer.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>

namespace dispatch::delivery {
/// The thread, the loop it turns, and the transfers under way.
class HttpTransport::Engine {
 public:
  Engine(HttpOptions options, Reports& reports, const Clock& clock, std::unique_ptr<MultiLoop> loop,
         std::shared_ptr<SharedIdleLimit> idle_limit)
      : options_(std::move(options)),
        reports_(reports),
        clock_(clock),
        loop_(std::move(loop)),
        idle_limit_(std::move(idle_limit)) {
    if (options_.client == HttpClient::direct)
      direct_.emplace(DirectClient::Context{options_, *loop_, random_, clock_, idle_});
    if (options_.version == HttpVersion::http2)
      http2_.emplace(Http2Client::Context{options_, *loop_, random_, clock_, idle_});
  }
  ~Engine();
  Result<> start();
  void send(std::vector<Outgoing> batch);
  void withdraw();
  void abort();

 private:
  /// What other threads want done.
  struct Orders {
    std::vector<Outgoing> send;
    std::vector<Outgoing> unsent;  ///< was to be sent when it was taken back
    bool withdraw = false;         ///< what has not started is given back
    bool cut = false;              ///< what is under way ends
    bool stop = false;
    void take_back() {
      std::move(send.begin(), send.end(), std::back_inserter(unsent));
      send.clear();
      withdraw = true;
    }
    bool empty() const { return send.empty() && !withdraw && !cut && !stop; }
  };

  template <class Change>
  void order(const Change& change);
  void run() noexcept;
  Orders take_orders();
  void collect(std::vector<Report>& reports);
  void collect_begun(std::vector<Report>& reports);
  void begin_again(std::vector<Report>& reports);
  void live();
  void time_out(std::vector<Report>& reports);
  std::optional<std::chrono::milliseconds> wait_most() const;
  void cut(std::vector<Report>& reports);
  void begin(Outgoing outgoing, std::vector<Report>& reports);
  tl::expected<void, Outcome> begin_request(Outgoing outgoing);
  tl::expected<void, Outcome> begin_http1(Outgoing outgoing, SteadyTime deadline);
  tl::expected<void, Outcome> begin_transfer(Outgoing outgoing, Transfer::Purpose purpose,
                                             SteadyTime deadline, bool keep = true);
  void end(Transfer& transfer, Report report, std::vector<Report>& reports);
  void give_back(const std::vector<Outgoing>& unsent, std::vector<Report>& reports);
  void keep_idle_limit();
  bool is_under_way(const Transfer& transfer) const {
    return transfer.slot < under_way_.size() && under_way_[transfer.slot].get() == &transfer;
  }
  std::unique_ptr<Transfer> leave(std::size_t slot);

  const HttpOptions options_;
  Reports& reports_;
  const Clock& clock_;
  std::mutex mutex_;
  Orders orders_;  // under mutex_
  TlsSessions tls_sessions_;
  const std::unique_ptr<MultiLoop> loop_;
  const std::shared_ptr<SharedIdleLimit> idle_limit_;  // null: connections_kept is for this one alone
  const std::size_t place_{idle_limit_ ? idle_limit_->join() : 0};  // in idle_limit_
  AddressMemory addresses_{options_.connection_lifetime};
  SystemRandom random_;
  HostActivity hosts_;
  StallAwareClock time_{std::chrono::steady_clock::now()};
  std::set<std::pair<SteadyTime, Transfer*>>
      deadlines_;  // in the time of a StallAwareClock, of what is under way
  std::vector<std::unique_ptr<Transfer>> under_way_;
  std::vector<std::unique_ptr<Transfer>> idle_;  // for as long as there are connections, which point to them
  std::optional<DirectClient> direct_;
  std::optional<Http2Client> http2_;
  std::vector<Report> not_begun_;  // of what this thread was given to send while it put its reports
  bool stopping_ = false;          // for the thread itself
  std::atomic<std::thread::id> own_thread_{};
  std::thread thread_;
};

HttpTransport::Engine::~Engine() {
  if (!thread_.joinable()) return;
  order([](Orders& orders) { orders.stop = true; });
  thread_.join();
}

Result<> HttpTransport::Engine::start() {
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::system_error& error) {
    return fail("cannot start the thread that makes requests: {}", error.what());
  }
  return {};
}

void HttpTransport::Engine::send(std::vector<Outgoing> batch) {
  if (own_thread_ == std::this_thread::get_id()) {  // what follows on an outcome, which is just being put
    if (stopping_)
      give_back(batch, not_begun_);
    else
      for (auto& outgoing : batch) begin(std::move(outgoing), not_begun_);
    return;
  }
  order([&](Orders& orders) {
    if (orders.send.empty())
      orders.send = std::move(batch);
    else
      std::move(batch.begin(), batch.end(), std::back_inserter(orders.send));
  });
}

void HttpTransport::Engine::withdraw() {
  order([](Orders& orders) { orders.take_back(); });
}

void HttpTransport::Engine::abort() {
  order([](Orders& orders) {
    orders.take_back();
    orders.cut = true;
  });
}

template <class Change>
void HttpTransport::Engine::order(const Change& change) {
  bool first = false;
  {
    const std::scoped_lock lock{mutex_};
    first = orders_.empty();
    change(orders_);
  }
  if (first) loop_->wake();  // else a wake is on its way
}

void HttpTransport::Engine::run() noexcept {
  // OpenSSL writes without MSG_NOSIGNAL; blocked, SIGPIPE is the error that the write returns anyway.
  sigset_t every;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, nullptr);
  pthread_setname_np(pthread_self(), "dispatch-http");  // for top and debuggers

  own_thread_ = std::this_thread::get_id();
  while (!stopping_) {
    if (idle_limit_) keep_idle_limit();
    loop_->wait(wait_most());
    live();
    loop_->act();
    std::vector<Report> reports;
    collect(reports);
    time_out(reports);
    if (direct_) direct_->close_expired();
    if (http2_) http2_->close_expired();
    auto orders = take_orders();
    stopping_ = orders.stop;
    if (orders.cut || stopping_) cut(reports);
    if (orders.withdraw || stopping_) give_back(orders.unsent, reports);
    if (stopping_)
      give_back(orders.send, reports);
    else
      for (auto& outgoing : orders.send) begin(std::move(outgoing), reports);
    collect_begun(reports);
    if (reports.empty()) continue;
    fail_point(FailPoint::answers_arrived);
    reports_.put(std::move(reports));
    for (collect_begun(not_begun_); !not_begun_.empty(); collect_begun(not_begun_))
      reports_.put(std::exchange(not_begun_, {}));
  }
  // On this thread, where SIGPIPE is blocked: TLS says goodbye to connections that may be gone.
  if (direct_) direct_->close_all();
  if (http2_) http2_->close_all();
  idle_.clear();
  loop_->close();
}

HttpTransport::Engine::Orders HttpTransport::Engine::take_orders() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(orders_, {});
}

void HttpTransport::Engine::collect(std::vector<Report>& reports) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(loop_->multi(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // the message dies with the removal of its handle
    auto& transfer = Transfer::of(message->easy_handle);
    if (transfer.start_over(code)) continue;
    if (code == CURLE_OK && transfer.purpose() != Transfer::Purpose::request) {
      auto connected = leave(transfer.slot);
      hosts_.began(connected->host());  // it goes on
      if (connected->purpose() == Transfer::Purpose::connect_http2)
        http2_->begin_on_new(std::move(connected));
      else
        direct_->begin_on_new(std::move(connected), time_.now());
      continue;
    }
    end(transfer, transfer.finish(code, clock_), reports);
  }
  for (const auto& [easy, error] : loop_->take_unwatched()) {
    Transfer& transfer = Transfer::of(easy);
    if (!is_under_way(transfer)) continue;
    end(transfer, transfer.give_up("cannot wait for the connection: " + errno_text(error), clock_), reports);
  }
}

/// Takes the transfer that has ended from those under way.
void HttpTransport::Engine::end(Transfer& transfer, Report report, std::vector<Report>& reports) {
  reports.push_back(std::move(report));
  idle_.push_back(leave(transfer.slot));
  if (transfer.purpose() == Transfer::Purpose::connect_http2) http2_->not_connected(transfer.outgoing());
}

/// Sends what was begun, and takes what has ended of it.
void HttpTransport::Engine::collect_begun(std::vector<Report>& reports) {
  const auto take = [&](auto& client) {
    for (auto& [report, host] : client.take_ended()) {
      hosts_.ended(host);
      reports.push_back(std::move(report));
    }
  };
  if (direct_) take(*direct_);
  if (!http2_) return;
  http2_->flush();
  begin_again(reports);
  take(*http2_);
}

void HttpTransport::Engine::begin_again(std::vector<Report>& reports) {
  // Each makes a connection, or does not come back.
  for (auto again = http2_->take_again(); !again.empty(); again = http2_->take_again())
    for (auto& [outgoing, deadline, connect] : again) {
      const std::uint64_t ticket = outgoing.ticket;
      const std::uint32_t host = outgoing.host;
      auto begun = connect ? begin_transfer(std::move(outgoing), Transfer::Purpose::connect_http2, deadline)
                           : begin_http1(std::move(outgoing), deadline);
      if (begun) continue;
      hosts_.ended(host);
      reports.push_back({ticket, std::move(begun).error()});
    }
}

void HttpTransport::Engine::live() {
  const auto stood = time_.tick(std::chrono::steady_clock::now());
  if (stood == stood.zero()) return;
  for (const auto& transfer : under_way_)
    transfer->allow(std::chrono::ceil<std::chrono::milliseconds>(stood));
}

void HttpTransport::Engine::time_out(std::vector<Report>& reports) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= time_.now()) {
    Transfer& transfer = *deadlines_.begin()->second;
    end(transfer, transfer.time_out(clock_), reports);
  }
  if (direct_) direct_->time_out(time_.now());
  if (http2_) http2_->time_out(time_.now());
}

std::optional<std::chrono::milliseconds> HttpTransport::Engine::wait_most() const {
  auto next = direct_ ? direct_->next_deadline() : std::nullopt;
  if (const auto other = http2_ ? http2_->next_deadline() : std::nullopt; other)
    next = std::min(next.value_or(SteadyTime::max()), *other);
  if (!deadlines_.empty()) next = std::min(next.value_or(SteadyTime::max()), deadlines_.begin()->first);
  // What has been idle for too long leaves its room to other transports.
  if (!next && idle_limit_ && direct_ && direct_->idle() > 0) return options_.connection_idle_most;
  if (!next) return std::nullopt;
  return std::min(StallAwareClock::beat, std::chrono::ceil<std::chrono::milliseconds>(*next - time_.now()));
}

void HttpTransport::Engine::cut(std::vector<Report>& reports) {
  if (http2_) http2_->cut();  // first, or those that wait would begin
  while (!under_way_.empty()) {
    Transfer& transfer = *under_way_.back();
    end(transfer, transfer.cut(), reports);
  }
  if (direct_) direct_->cut();
}

void HttpTransport::Engine::begin(Outgoing outgoing, std::vector<Report>& reports) {
  const std::uint64_t ticket = outgoing.ticket;
  const std::uint32_t host = outgoing.host;
  if (auto begun = begin_request(std::move(outgoing)); !begun)
    return reports.push_back({ticket, std::move(begun).error()});
  fail_point(FailPoint::request_started);
  hosts_.began(host);
}

tl::expected<void, Outcome> HttpTransport::Engine::begin_request(Outgoing outgoing) {
  if (outgoing.not_after && !outgoing.may_begin(clock_.steady())) return tl::unexpected(too_late());
  const auto deadline = time_.now() + timeout_of(outgoing, options_);
  if (!http2_ || !http2_->serves(outgoing)) return begin_http1(std::move(outgoing), deadline);
  DISPATCH_ASSIGN(const bool begun, http2_->begin(outgoing, deadline));
  if (begun) return {};
  return begin_transfer(std::move(outgoing), Transfer::Purpose::connect_http2, deadline);
}

tl::expected<void, Outcome> HttpTransport::Engine::begin_http1(Outgoing outgoing, SteadyTime deadline) {
  const bool keep = hosts_.worth_keeping(outgoing, loop_->connections(), options_.connections_kept);
  const RequestTarget* const target = direct_ ? direct_->target(outgoing) : nullptr;
  if (target == nullptr)
    return begin_transfer(std::move(outgoing), Transfer::Purpose::request, deadline, keep);
  const auto started = deadline - timeout_of(outgoing, options_);
  DISPATCH_ASSIGN(const bool begun, direct_->begin_on_kept(outgoing, *target, {started, keep}));
  if (begun) return {};
  const auto purpose = target->secure ? Transfer::Purpose::connect_tls : Transfer::Purpose::connect;
  return begin_transfer(std::move(outgoing), purpose, deadline, keep);
}

tl::expected<void, Outcome> HttpTransport::Engine::begin_transfer(Outgoing outgoing,
                                                                  Transfer::Purpose purpose,
                                                                  SteadyTime deadline, bool keep) {
  if (idle_.empty()) {
    auto made = Transfer::make({options_, *loop_, addresses_, tls_sessions_, random_});
    if (!made && purpose == Transfer::Purpose::connect_http2) http2_->not_connected(outgoing);
    if (!made) return tl::unexpected(not_made(OutcomeKind::local_failure, std::move(made).error().message));
    idle_.push_back(std::move(*made));
  }
  Transfer& transfer = *idle_.back();
  transfer.keep_connection(keep);
  if (auto started = transfer.start(std::move(outgoing), clock_.wall(), purpose); !started) {
    if (purpose == Transfer::Purpose::connect_http2) http2_->not_connected(transfer.outgoing());
    return started;
  }
  transfer.slot = under_way_.size();
  transfer.deadline = deadline;
  deadlines_.emplace(deadline, &transfer);
  under_way_.push_back(std::move(idle_.back()));
  idle_.pop_back();
  return {};
}

/// Before each wait, so that the limit holds for what is idle meanwhile.
void HttpTransport::Engine::keep_idle_limit() {
  const auto idle = [this] {  // about: a request that looks up a name has no connection yet
    const std::size_t busy = under_way_.size() + (direct_ ? direct_->under_way() : 0);
    return loop_->connections() - std::min(busy, loop_->connections());
  };
  const std::size_t room = idle_limit_->note(place_, idle());
  loop_->keep_at_most(std::max(room, idle_limit_->equal_share()));
  if (direct_ && direct_->close_idle_above(room)) idle_limit_->note(place_, idle());
}

void HttpTransport::Engine::give_back(const std::vector<Outgoing>& unsent, std::vector<Report>& reports) {
  for (const Outgoing& outgoing : unsent) reports.push_back({outgoing.ticket, never_begun()});
}

std::unique_ptr<Transfer> HttpTransport::Engine::leave(std::size_t slot) {
  auto transfer = std::exchange(under_way_[slot], std::move(under_way_.back()));
  under_way_.pop_back();
  if (slot < under_way_.size()) under_way_[slot]->slot = slot;
  deadlines_.erase({transfer->deadline, transfer.get()});
  hosts_.ended(transfer->host());
  return transfer;
}

Result<std::unique_ptr<HttpTransport>> HttpTransport::start(HttpOptions options, Reports& reports,
                                                            const Clock& clock,
                                                            std::shared_ptr<SharedIdleLimit> idle_limit) {
  DISPATCH_TRY(check_tls_files(options));
  DISPATCH_TRY(check_way(options));
  DISPATCH_ASSIGN(auto loop, MultiLoop::open(options.connections_kept));
  auto engine =
      std::make_unique<Engine>(std::move(options), reports, clock, std::move(loop), std::move(idle_limit));
  DISPATCH_TRY(engine->start());
  return std::unique_ptr<HttpTransport>{new HttpTransport{std::move(engine)}};
}

HttpTransport::HttpTransport(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
HttpTransport::~HttpTransport() = default;
void HttpTransport::send(std::vector<Outgoing> batch) {
  engine_->send(std::move(batch));
}
void HttpTransport::withdraw() {
  engine_->withdraw();
}
void HttpTransport::abort() {
  engine_->abort();
}
const SpanProtocol& HttpTransport::protocol(std::string_view) const {
  return http_protocol();
}

}  // namespace dispatch::delivery
