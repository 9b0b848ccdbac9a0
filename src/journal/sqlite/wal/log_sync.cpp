#include "journal/sqlite/wal/log_sync.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <system_error>
#include <utility>

#include <pthread.h>

namespace dispatch::journal {

namespace {

constexpr sqlite3_int64 piece_bytes = 65'536;

}  // namespace

void LogSync::Range::add(const Range& other) {
  if (other.to <= other.from) return;
  from = to <= from ? other.from : std::min(from, other.from);
  to = std::max(to, other.to);
}

LogSync::~LogSync() {
  {
    const std::scoped_lock lock{requests_mutex_};
    stopping_ = true;
    requests_.clear();
  }
  news_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LogSync::set_file(sqlite3_file* file) {
  const std::scoped_lock lock{file_mutex_};
  file_ = file;
}

void LogSync::note_written(sqlite3_int64 at, sqlite3_int64 bytes) {
  const std::scoped_lock lock{range_mutex_};
  unsynced_.add({at, at + bytes});
}

int LogSync::sync(int flags) {
  const std::scoped_lock lock{file_mutex_};
  return sync_now(flags);
}

int LogSync::sync_up_to(std::uint64_t commit) {
  const std::scoped_lock lock{file_mutex_};
  if (synced_.load(std::memory_order_relaxed) >= commit) return SQLITE_OK;
  return sync_now(SQLITE_SYNC_NORMAL);
}

/// With file_mutex_ held.
int LogSync::sync_now(int flags) {
  if (const int failed = failure_.load(std::memory_order_relaxed); failed != SQLITE_OK) return failed;
  if (file_ == nullptr) return SQLITE_IOERR_CLOSE;
  const auto covered = deferred_.load(std::memory_order_acquire);
  Range range;
  {
    const std::scoped_lock lock{range_mutex_};
    range = std::exchange(unsynced_, {});
  }
  const int answer = file_->pMethods->xSync(file_, flags);
  if (answer == SQLITE_OK) {
    synced_.store(covered, std::memory_order_release);
    return SQLITE_OK;
  }
  {
    const std::scoped_lock lock{range_mutex_};
    unsynced_.add(range);
  }
  // Where no deferred commit is lost, SQLite has published nothing, and the caller can withdraw it.
  if (covered > synced_.load(std::memory_order_relaxed)) failure_.store(answer, std::memory_order_release);
  return answer;
}

void LogSync::start(std::uint64_t commit, std::function<void()> decided) {
  std::unique_lock lock{requests_mutex_};
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread{[this] { run(); }};
    } catch (const std::system_error&) {
      lock.unlock();
      sync_up_to(commit);
      decided();
      return;
    }
  }
  requests_.push_back({commit, std::move(decided)});
  lock.unlock();
  news_.notify_one();
}

void LogSync::forget(std::uint64_t commit) {
  const auto is_meant = [&](const Request& request) { return request.commit == commit; };
  std::unique_lock lock{requests_mutex_};
  std::erase_if(requests_, is_meant);
  done_.wait(lock, [&] { return std::none_of(under_way_.begin(), under_way_.end(), is_meant); });
}

void LogSync::run() noexcept {
  sigset_t every;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, nullptr);
  pthread_setname_np(pthread_self(), "dispatch-sync");  // for top and debuggers

  std::unique_lock lock{requests_mutex_};
  while (true) {
    news_.wait(lock, [&] { return stopping_ || !requests_.empty(); });
    if (stopping_) return;
    under_way_.swap(requests_);
    lock.unlock();
    sync_up_to(under_way_.back().commit);
    for (const Request& request : under_way_) request.decided();
    lock.lock();
    under_way_.clear();
    done_.notify_all();
  }
}

int LogSync::write_again() {
  const std::scoped_lock lock{file_mutex_};
  if (file_ == nullptr) return SQLITE_IOERR_CLOSE;
  Range range;
  {
    const std::scoped_lock inner{range_mutex_};
    range = std::exchange(unsynced_, {});
  }
  if (const int failed = copy_onto_itself(range); failed != SQLITE_OK) return failed;
  return file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL);
}

int LogSync::copy_onto_itself(const Range& range) {
  std::vector<char> piece(static_cast<std::size_t>(piece_bytes));
  for (sqlite3_int64 at = range.from; at < range.to; at += piece_bytes) {
    const auto bytes = static_cast<int>(std::min(piece_bytes, range.to - at));
    const int read = file_->pMethods->xRead(file_, piece.data(), bytes, at);
    if (read == SQLITE_IOERR_SHORT_READ) return SQLITE_OK;  // the log was cut meanwhile
    if (read != SQLITE_OK) return read;
    const int written = file_->pMethods->xWrite(file_, piece.data(), bytes, at);
    if (written != SQLITE_OK) return written;
  }
  return SQLITE_OK;
}

}  // namespace dispatch::journal
