#include "operations/commit.hpp"

#include "base/fail_point.hpp"

#include <utility>

namespace dispatch::operations {

Result<> commit(journal::Transaction& transaction, journal::Journal& journal, std::int64_t changed) {
  fail_point(FailPoint::operator_staged);
  DISPATCH_TRY(journal::commit_durably(transaction));
  fail_point(FailPoint::operator_committed);
  auto error = journal.take_checkpoint_error();
  if (!error) return {};
  error->message += fmt::format(
      "; what this command changed before ({}) stands; when the cause is mended, give the same command again "
      "for what is left",
      changed);
  return tl::unexpected(std::move(*error));
}

}  // namespace dispatch::operations
