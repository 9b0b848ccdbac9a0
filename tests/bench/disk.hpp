#pragma once

#include <filesystem>

namespace dispatch::bench {

/// The median time, in seconds, of making a few overwritten pages of a file durable with fdatasync: what one
/// commit to the journal's WAL asks of the disk. Throws std::system_error.
double fdatasync_seconds(const std::filesystem::path& directory);

}  // namespace dispatch::bench
