#include "system/program/account.hpp"

#include "system/program/scenario.hpp"

#include <unordered_map>

namespace dispatch::test {
namespace {

/// Where one entity stands while the requests are read in order of arrival.
struct Stream {
  const std::set<std::int64_t>* numbers = nullptr;
  std::set<std::int64_t>::const_iterator next;
  const Received* before = nullptr;
};

void read(const Received& request, Stream& stream, Account& account) {
  const auto number = sequence_of(request);
  const auto place = stream.numbers->find(number);
  if (place == stream.numbers->end()) {
    ++account.unheard_of;
    return;
  }
  // A sender that has left may be back before its leaving is noticed.
  if (stream.before != nullptr && stream.before->ending == Ending::answered &&
      stream.before->ended > request.arrived)
    ++account.overlapping;
  stream.before = &request;
  if (stream.next == stream.numbers->end() || number < *stream.next) {
    ++account.repeated;
    account.repeated_ids.push_back(id_of(request));
    return;
  }
  if (number > *stream.next) ++account.out_of_order;
  if (!request.succeeded()) return;
  ++account.completed;
  if (number == *stream.next) ++stream.next;
}

}  // namespace

Account account(const std::vector<Received>& received, const Submitted& submitted) {
  std::unordered_map<std::string, Stream> streams;
  for (const auto& [entity, numbers] : submitted) streams[entity] = {&numbers, numbers.begin(), nullptr};
  Account account;
  for (const auto& request : received) {
    const auto stream = streams.find(entity_of(request));
    if (stream == streams.end())
      ++account.unheard_of;
    else
      read(request, stream->second, account);
  }
  for (const auto& [entity, stream] : streams)
    account.lost += static_cast<std::size_t>(std::distance(stream.next, stream.numbers->end()));
  return account;
}

std::ostream& operator<<(std::ostream& out, const Account& account) {
  return out << account.completed << " completed, " << account.lost << " lost, " << account.repeated
             << " repeated, " << account.out_of_order << " out of order, " << account.overlapping
             << " overlapping, " << account.unheard_of << " unheard of";
}

}  // namespace dispatch::test
