#pragma once

#include <memory>
#include <string>

namespace dispatch::journal {
class Store;
}

namespace dispatch::cli {

/// The store of the journal that --journal names; the name decides its kind. Call it before any thread is
/// started and any journal is opened.
std::shared_ptr<journal::Store> journal_store(const std::string& name);

}  // namespace dispatch::cli
