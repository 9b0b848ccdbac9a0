#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace dispatch::metrics {

/// Replaces the content of the file at `path` with `text` atomically: a reader finds the complete old or new
/// text, also after a crash or power failure. Writes first to a new file beside it, with the unpredictable
/// name PATH.RANDOM.tmp, which remains only after a crash. Refuses a target that exists and is not a regular
/// file. The new file is readable for everybody whom the umask allows.
Result<> replace_file(const std::string& path, std::string_view text);

}  // namespace dispatch::metrics
