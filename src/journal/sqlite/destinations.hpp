#pragma once

#include "event/arrival.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/lru_cache.hpp"
#include "journal/sqlite/statement.hpp"

namespace dispatch::journal {

/// The numbers of destinations and of their outlets. Remembers those used last: forget() when another
/// connection has committed, and when a turn is abandoned.
class Destinations {
 public:
  explicit Destinations(SQLite::Database& database);

  struct Numbers {
    DestinationNo destination;
    OutletNo outlet;
  };
  /// Of the route's url; both are made where they are new. `position` is that of the event that is routed
  /// there.
  Numbers resolve(const Route& route, Position position);

  void forget() { known_.clear(); }

 private:
  OutletNo outlet_of(std::string_view host);

  static constexpr std::size_t remembered = 4'096;

  LruCache<Numbers> known_{remembered};
  Statement find_, create_, find_outlet_, create_outlet_;
};

}  // namespace dispatch::journal
