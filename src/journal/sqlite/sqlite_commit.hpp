#pragma once

#include "journal/commit_token.hpp"

#include <cstdint>
#include <functional>

namespace dispatch::journal {

class SqliteParts;

/// A commit that is in the write-ahead log and was not synced. If it cannot be synced, the journal is spent:
/// it accepts no more writes and makes no checkpoint. What others have seen of the commit cannot be taken
/// back; it is written to the log again, so that they do not build on what only the cache has.
class SqliteCommit final : public PendingCommit {
 public:
  /// `number` is the commit's number in LogSync. `parts` must outlive the object.
  SqliteCommit(SqliteParts& parts, std::uint64_t number) : parts_(parts), number_(number) {}
  ~SqliteCommit() override;
  SqliteCommit(const SqliteCommit&) = delete;
  SqliteCommit& operator=(const SqliteCommit&) = delete;

  bool is_decided() const override;
  void start(std::function<void()> decided) override;
  Result<> wait() override;

 private:
  SqliteParts& parts_;
  std::uint64_t number_;
  bool started_ = false;
};

}  // namespace dispatch::journal
