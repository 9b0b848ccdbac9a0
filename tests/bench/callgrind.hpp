#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>

namespace dispatch::bench {

/// Instructions of the program, by its threads.
struct Instructions {
  double dispatcher = 0;
  double transport = 0;  ///< all threads that make requests
  double reader = 0;
  double others = 0;

  double all() const { return dispatcher + transport + reader + others; }
};

/// Adds what one file of callgrind says. Such a file is of one number of a thread, which threads have one
/// after the other; each is known by the function that it begins with. Throws std::runtime_error if the file
/// has no total.
void add_profile(std::istream& file, Instructions& instructions);

/// The sum of all files that callgrind has written with --separate-threads=yes and
/// --callgrind-out-file=`out`. Throws std::runtime_error if a thread that every run has is missing: its
/// functions may have other names by now.
Instructions read_profiles(const std::filesystem::path& out);

/// Instructions an event, by what `many` events cost more than `few`: the start and the end do not count.
Instructions per_event(const Instructions& many, const Instructions& few, std::uint64_t more_events);

}  // namespace dispatch::bench
