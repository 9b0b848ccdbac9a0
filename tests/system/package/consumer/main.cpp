// Another project: appends an event to a new journal and finds it there. Usage: consumer JOURNAL

#include "journal/sqlite/sqlite_journal.hpp"

#include <cstdio>
#include <filesystem>
#include <vector>

using namespace dispatch;

namespace {

Result<std::size_t> append_to(const std::filesystem::path& path) {
  std::filesystem::remove(path);
  const auto opened = journal::SqliteJournal::open(path, {});
  if (!opened) return tl::unexpected(opened.error());
  journal::Journal& journal = **opened;
  const Route route{.url = "http://a.test/", .host = "a.test"};
  Arrival arrival;
  arrival.event_id = "order-1";
  arrival.payload = "{}";
  arrival.routes = {&route, 1};
  auto transaction = journal.begin();
  if (!transaction) return tl::unexpected(transaction.error());
  const auto report = (*transaction)->append({&arrival, 1}, {}, {});
  if (!report) return tl::unexpected(report.error());
  DISPATCH_TRY(journal::commit_durably(**transaction));
  const auto rows = journal.scan(QueueNo{1}, Position{0}, 10);
  if (!rows) return tl::unexpected(rows.error());
  return rows->size();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto count = append_to(argv[1]);
  if (!count) std::fprintf(stderr, "%s\n", count.error().message.c_str());
  return count && *count == 1 ? 0 : 1;
}
