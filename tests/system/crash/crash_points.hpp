#pragma once

#include "base/fail_point.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// Where dispatch_with_fail_points can end itself besides the fail points of the program: in what SQLite,
/// libcurl and the system do for it.
namespace system_point {
inline constexpr std::string_view statement{"statement"};              ///< a statement of SQL is about to run
inline constexpr std::string_view wal_write{"wal_write"};              ///< some of a commit is in the log
inline constexpr std::string_view database_write{"database_write"};    ///< some of a checkpoint is written
inline constexpr std::string_view truncation{"truncation"};            ///< a file is about to be cut
inline constexpr std::string_view first_byte_sent{"first_byte_sent"};  ///< one byte of a request is sent
inline constexpr std::string_view request_sent{"request_sent"};        ///< all of it
inline constexpr std::string_view file_name{"file_name"};  ///< a file is about to get or lose a name
inline constexpr std::array all{statement,       wal_write,    database_write, truncation,
                                first_byte_sent, request_sent, file_name};
}  // namespace system_point

/// Every place there is.
inline std::vector<std::string_view> crash_points() {
  std::vector<std::string_view> points{fail_point_names.begin(), fail_point_names.end()};
  points.insert(points.end(), system_point::all.begin(), system_point::all.end());
  return points;
}

/// The variable that says where the program is to end: "NAME:COUNT", at the COUNTth time it comes past NAME.
inline constexpr const char* end_at_variable = "DISPATCH_TEST_END_AT";

}  // namespace dispatch::test
