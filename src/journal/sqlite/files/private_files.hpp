#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/database_file.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace dispatch::journal {

/// What a caller is told about a journal that was opened, in words for people.
using Notice = std::function<void(const std::string&)>;

/// Sees that a journal belongs to the user of this process, and to nobody else: what it holds, secrets of
/// subscriptions included, is as private as its files, and what stands in it is trusted. A journal of another
/// user is `unavailable`. Where others may read or write a file of it the mode becomes 0600 and `notice` is
/// told; without a `notice` that is `unavailable` as well. To be called before anything of it is read.
Result<> check_private(const std::filesystem::path& journal, const DatabaseFile& file, const Notice& notice);

}  // namespace dispatch::journal
