#include "operations/commit.hpp"

#include "base/fail_point.hpp"

#include <utility>

namespace dispatch::operations {

namespace {

Result<> commit_at_fail_points(journal::Transaction& transaction) {
  fail_point(FailPoint::operator_staged);
  DISPATCH_TRY(journal::commit_durably(transaction));
  fail_point(FailPoint::operator_committed);
  return {};
}

}  // namespace

Result<> commit(journal::Transaction& transaction, journal::Journal& journal, std::int64_t changed,
                std::string_view rest) {
  DISPATCH_TRY(commit_at_fail_points(transaction));
  auto error = journal.take_checkpoint_error();
  if (!error) return {};
  error->message +=
      fmt::format("; what this command changed before ({}) is kept; fix the cause, then {}", changed, rest);
  return tl::unexpected(std::move(*error));
}

Result<> commit_whole(journal::Transaction& transaction, journal::Journal& journal) {
  DISPATCH_TRY(commit_at_fail_points(transaction));
  if (const auto error = journal.take_checkpoint_error())
    return fail("the change is made, but {}", error->message);
  return {};
}

}  // namespace dispatch::operations
