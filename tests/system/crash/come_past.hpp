#pragma once

#include <string_view>

namespace dispatch::test {

/// True where the environment told this process to end at `point`. From any thread.
bool ends_at(std::string_view point) noexcept;

/// Ends the process by SIGKILL where it was told to end here, and this is the time. From any thread.
void come_past(std::string_view point) noexcept;

}  // namespace dispatch::test
