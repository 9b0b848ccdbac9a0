#pragma once

#include <memory>
#include <string>

namespace dispatch::journal {
class Store;
}

namespace dispatch::cli {

/// Where the journal that --journal names is kept; the name decides what keeps it. To be called before any
/// thread is started and any journal is opened.
std::shared_ptr<journal::Store> journal_store(const std::string& name);

}  // namespace dispatch::cli
