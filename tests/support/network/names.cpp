#include "support/network/names.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include <dlfcn.h>
#include <netdb.h>

namespace dispatch::test {
namespace {

constexpr std::string_view name_of_address = ".address.test";

struct Entry {
  std::vector<std::string> addresses;
  std::chrono::milliseconds time{0};
  std::size_t lookups = 0;
};

/// What getaddrinfo() knows. It gets no object passed, so there is one of this.
struct Known {
  std::mutex mutex;
  std::map<std::string, Entry, std::less<>> entries;
};

Known& known() {
  static Known known;
  return known;
}

std::optional<std::string> address_in(std::string_view name) {
  if (!name.ends_with(name_of_address)) return std::nullopt;
  name.remove_suffix(name_of_address.size());
  std::string address{name.substr(name.rfind('.') + 1)};  // all of it where there is no dot
  std::replace(address.begin(), address.end(), '-', '.');
  return address;
}

/// What the file of names says.
std::optional<Entry> read_entry(std::string_view name) {
  const char* const path = std::getenv(names_variable);
  if (path == nullptr) return std::nullopt;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string word;
    words >> word;
    if (word != name) continue;
    Entry entry;
    while (words >> word) entry.addresses.push_back(word);
    return entry;
  }
  return std::nullopt;
}

/// Counts the look-up.
std::optional<Entry> look_up(std::string_view name) {
  if (auto entry = read_entry(name)) return entry;
  if (auto address = address_in(name)) return Entry{.addresses = {std::move(*address)}};
  const std::scoped_lock lock{known().mutex};
  const auto found = known().entries.find(name);
  if (found == known().entries.end()) return std::nullopt;
  ++found->second.lookups;
  return found->second;
}

using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

GetAddrInfo system_lookup() {
  static const auto found = reinterpret_cast<GetAddrInfo>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return found;
}

}  // namespace

Name::Name(std::string name, std::vector<std::string> addresses) : name_(std::move(name)) {
  lead_to(std::move(addresses));
}

Name::~Name() {
  const std::scoped_lock lock{known().mutex};
  known().entries.erase(name_);
}

void Name::lead_to(std::vector<std::string> addresses) {
  const std::scoped_lock lock{known().mutex};
  known().entries[name_].addresses = std::move(addresses);
}

void Name::take(std::chrono::milliseconds time) {
  const std::scoped_lock lock{known().mutex};
  known().entries[name_].time = time;
}

std::size_t Name::lookups() const {
  const std::scoped_lock lock{known().mutex};
  return known().entries[name_].lookups;
}

std::string name_of(std::string address) {
  std::replace(address.begin(), address.end(), '.', '-');
  return address.append(name_of_address);
}

std::string host_in_urls(const std::string& address) {
  return std::getenv("DISPATCH_TEST_BY_NAME") == nullptr ? address : name_of(address);
}

}  // namespace dispatch::test

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  using namespace dispatch::test;
  const auto entry = node != nullptr ? look_up(node) : std::nullopt;
  if (!entry) return system_lookup()(node, service, hints, result);
  std::this_thread::sleep_for(entry->time);
  addrinfo numeric = hints != nullptr ? *hints : addrinfo{};
  numeric.ai_flags |= AI_NUMERICHOST;
  addrinfo* first = nullptr;
  addrinfo** next = &first;
  for (const std::string& address : entry->addresses) {
    if (system_lookup()(address.c_str(), service, &numeric, next) != 0) continue;
    while (*next != nullptr) next = &(*next)->ai_next;
  }
  *result = first;
  return first != nullptr ? 0 : EAI_NONAME;
}
