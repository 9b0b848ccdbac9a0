#pragma once

#include "journal/journal.hpp"

namespace dispatch::test::wear {

// What happens in the life of a journal, one after the other. Each step leaves it healthy.

/// Everything that can happen to events: successes, retries, dead letters, releases, discards, an attempt
/// whose outcome is unknown, a filled, a skipped and an open gap, a second host, and events without entity.
/// To be called first.
void at_first(journal::Journal& journal);

/// Five more events: one with everything that an event can have and failures of all kinds, one to another
/// path of the first host, a success with a remark, and two that are in flight at the end.
void go_on(journal::Journal& journal);

/// What subscriptions bring: one that is paused, one that was removed, one that was added later and got
/// former events, an event that none means, replays, and circuits. For three more events.
void subscribe(journal::Journal& journal);

/// A subscription with a delivery that this machine failed once and that then was not meant, and one that was
/// sent behind it.
void exclude(journal::Journal& journal);

/// What operators do: deliveries of a wrong file that are cancelled, of whose entity one goes on. For six
/// more events.
void operate(journal::Journal& journal);

/// A receiver that asks for time: once each of two deliveries, of which one was sent again. For two more
/// events.
void throttle(journal::Journal& journal);

/// What a broker took, at once and after it had declined it, and what it never took. For three more events:
/// k1, k2 and k-alone.
void broker(journal::Journal& journal);

}  // namespace dispatch::test::wear
