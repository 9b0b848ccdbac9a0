#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace dispatch::metrics {

/// Puts `text` in place of what the file at `path` holds, at once: whoever reads it finds the old text or the
/// new one, whole, also after a crash or a loss of power. Written beside it first, to a new file with a name
/// that nobody can guess, PATH.RANDOM.tmp, which only a crash leaves behind. What is there and is no regular
/// file is refused. Readable by all whom the umask allows.
Result<> replace_file(const std::string& path, std::string_view text);

}  // namespace dispatch::metrics
