#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/reading/filter_sql.hpp"
#include "journal/sqlite/reading/selector.hpp"

#include <vector>

namespace dispatch::journal {

using namespace reading;

namespace {

// So many positions are one page, whatever stands there.
constexpr std::int64_t final_page_size = 512;

// One look-up in each delivery queue that may be meant; a later delivery of the same event counts where it is
// of the same subscription, and of a direct one where it is at the same delivery queue. One that failed is
// passed over, too, where a redirect went on with it elsewhere; what was completed is done, whatever was sent
// elsewhere since.
std::string final_page_query(const FilterSql& filter) {
  return fmt::format(R"(
  SELECT d.queue_no, d.position, d.generation, o.subscription_no, d.state, e.event_id, e.type, n.entity_id,
         e.sequence_number, e.accepted_at, t.url, e.entity_no
    FROM delivery_queues o
   CROSS JOIN deliveries d ON d.queue_no = o.queue_no AND d.position BETWEEN ?{0} AND ?{1}
    JOIN events e ON e.position = d.position
    JOIN destinations t ON t.destination_no = d.destination_no
    LEFT JOIN entities n ON n.entity_no = e.entity_no
   WHERE (?{2} IS NULL OR o.subscription_no = ?{2}) AND (?{3} IS NULL OR e.accepted_at >= ?{3})
     AND (?{4} IS NULL OR e.accepted_at < ?{4}) AND d.state IN (4, 5) AND (?{5} IS NULL OR d.state = ?{5}){6}
     AND NOT EXISTS (SELECT 1 FROM deliveries l INDEXED BY deliveries_by_position
                      WHERE l.position = d.position AND l.generation > d.generation
                        AND (l.queue_no = d.queue_no
                             OR (l.subscription_no > 0 AND l.subscription_no = d.subscription_no)
                             OR (d.state = 5 AND d.subscription_no = 0 AND l.subscription_no = 0)))
     AND (?{7} IS NULL OR NOT EXISTS (SELECT 1 FROM deliveries w INDEXED BY deliveries_by_position
                      JOIN delivery_queues q ON q.queue_no = w.queue_no
                      WHERE w.position = d.position AND w.subscription_no = 0 AND q.host = ?{7}
                        AND w.state NOT IN (4, 5))
                    AND d.position NOT IN (SELECT w.position FROM unwritten_deliveries w
                                             JOIN delivery_queues q ON q.queue_no = w.queue_no WHERE q.host = ?{7}))
   ORDER BY d.position, d.queue_no)",
                     FilterSql::parameters + 1, FilterSql::parameters + 2, FilterSql::parameters + 3,
                     FilterSql::parameters + 4, FilterSql::parameters + 5, FilterSql::parameters + 6,
                     filter.conditions(), FilterSql::parameters + 7);
}

FinalDeliveryRecord final_delivery(const Statement::Rows& rows) {
  FinalDeliveryRecord delivery;
  delivery.key = {QueueNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)};
  delivery.subscription = SubscriptionNo{rows.integer(3)};
  delivery.state = static_cast<DeliveryState>(rows.integer(4));
  delivery.event_id = text(rows, 5);
  delivery.type = text(rows, 6);
  delivery.entity_id = text_if_any(rows, 7);
  if (!rows.is_null(8)) delivery.sequence = SequenceNumber{rows.integer(8)};
  delivery.accepted_at = from_stored(rows.integer(9));
  delivery.destination = text(rows, 10);
  if (!rows.is_null(11)) delivery.entity = EntityNo{rows.integer(11)};
  return delivery;
}

}  // namespace

Result<> SqliteReader::final_deliveries(const FinalSelection& selection,
                                        const Each<FinalDeliveryRecord>& each) const {
  return guarded(path_, "list the deliveries that are done", [&]() -> Result<> {
    std::optional<std::int64_t> state;
    if (selection.state) state = static_cast<std::int64_t>(*selection.state);
    const FilterSql filter{selection.filter};
    Statement statement{*database_, final_page_query(filter)};
    const auto last = number_of(*database_, "SELECT max(position) FROM events");
    for (std::int64_t first = 1; first <= last; first += final_page_size) {
      std::vector<FinalDeliveryRecord> page;
      {
        auto rows = filter.rows(statement, first, first + final_page_size - 1, selection.subscription,
                                selection.since, selection.until, state, selection.not_open_at);
        while (rows.next()) page.push_back(final_delivery(rows));
      }
      for (const auto& record : page)
        if (!each(record)) return {};
    }
    return {};
  });
}

Result<std::vector<std::string>> SqliteReader::unknown_names(const DeliveryFilter& filter) const {
  return guarded(path_, "look for names", [&]() -> Result<std::vector<std::string>> {
    return Selector{*database_}.unknown_names(filter);
  });
}

}  // namespace dispatch::journal
