#include "support/disk/power_loss_vfs.hpp"

#include "base/system/fd.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace dispatch::test {

namespace {

constexpr std::size_t sector_bytes = 512;
constexpr std::size_t page_bytes = 4096;  // of the kernel's cache

/// One change to a file. Without bytes it is a truncation to `at`.
struct Change {
  std::size_t at = 0;
  std::optional<std::string> bytes;
};

void put(std::string& image, std::size_t at, std::string_view bytes) {
  image.resize(std::max(image.size(), at + bytes.size()));
  image.replace(at, bytes.size(), bytes);
}

void apply(std::string& image, const Change& change) {
  if (change.bytes)
    put(image, change.at, *change.bytes);
  else
    image.resize(std::min(image.size(), change.at));
}

/// Chance for one cut.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(seed) {}
  bool one_in(std::uint64_t many) { return bits_() % many == 0; }
  std::string rubbish(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (char& byte : text) byte = static_cast<char>(bits_());
    return text;
  }

 private:
  std::mt19937_64 bits_;
};

/// What the disk makes of changes that were not synced.
void apply_some(std::string& image, const std::vector<Change>& changes, Fate fate, Dice& dice) {
  if (fate == Fate::dropped) return;
  for (const Change& change : changes) {
    if (!change.bytes) {
      if (dice.one_in(2)) apply(image, change);
      continue;
    }
    const std::string_view bytes = *change.bytes;
    for (std::size_t done = 0, some = 0; done < bytes.size(); done += some) {
      const std::size_t at = change.at + done;
      some = std::min(bytes.size() - done, sector_bytes - at % sector_bytes);
      if (dice.one_in(2))
        put(image, at, bytes.substr(done, some));
      else if (fate == Fate::scrambled && dice.one_in(2))
        put(image, at, dice.rubbish(some));
    }
  }
}

void write_file(const std::string& path, std::string_view content) {
  const Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!file || ::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    throw std::runtime_error("cannot write " + path);
}

}  // namespace

/// What a name stands for.
struct PowerLossVfs::Inode {
  std::string on_disk;
  std::vector<Change> unsynced;
  std::set<std::size_t> lost;  // pages that the cache has and, as it believes, the disk as well
};

PowerLossVfs::PowerLossVfs() : VfsLayer("power-loss") {}

PowerLossVfs::~PowerLossVfs() = default;

void PowerLossVfs::plan(const PowerCut& cut) {
  const std::scoped_lock lock{mutex_};
  plan_ = cut;
  syncs_ = writes_ = 0;
}

void PowerLossVfs::cut(Fate fate, std::uint64_t seed) {
  const std::scoped_lock lock{mutex_};
  cut_ = PowerCut{.sync = syncs_, .writes_after = writes_, .fate = fate, .seed = seed};
}

void PowerLossVfs::ignore_syncs() {
  const std::scoped_lock lock{mutex_};
  deaf_ = true;
}

void PowerLossVfs::fail_sync(int number) {
  const std::scoped_lock lock{mutex_};
  failing_sync_ = number;
  syncs_ = writes_ = 0;
}

bool PowerLossVfs::is_off() const {
  const std::scoped_lock lock{mutex_};
  return cut_.has_value();
}

int PowerLossVfs::syncs() const {
  const std::scoped_lock lock{mutex_};
  return syncs_;
}

int PowerLossVfs::writes_since_sync() const {
  const std::scoped_lock lock{mutex_};
  return writes_;
}

void PowerLossVfs::restore() {
  const std::scoped_lock lock{mutex_};
  const PowerCut cut = cut_.value_or(PowerCut{});
  Dice dice{cut.seed};
  Names both = names_on_disk_;
  both.insert(names_.begin(), names_.end());

  std::map<std::string, std::string> kept;
  for (const auto& [path, ignored] : both) {
    const bool as_it_was_seen = cut.fate != Fate::dropped && dice.one_in(2);
    const Names& names = as_it_was_seen ? names_ : names_on_disk_;
    if (const auto found = names.find(path); found != names.end()) {
      std::string image = found->second->on_disk;
      apply_some(image, found->second->unsynced, cut.fate, dice);
      kept.emplace(path, std::move(image));
    }
  }

  names_.clear();
  for (const auto& [path, ignored] : both) {
    std::filesystem::remove(path + "-shm");
    const auto found = kept.find(path);
    if (found == kept.end()) {
      std::filesystem::remove(path);
      continue;
    }
    write_file(path, found->second);
    names_[path] = std::make_shared<Inode>(Inode{.on_disk = found->second, .unsynced = {}, .lost = {}});
  }
  names_on_disk_ = names_;
  plan_.reset();
  cut_.reset();
  failing_sync_ = 0;
}

int PowerLossVfs::admit(DiskOperation operation, const std::string&) {
  const std::scoped_lock lock{mutex_};
  return cut_ ? io_error(operation) : SQLITE_OK;
}

void PowerLossVfs::opened(const LowerFile& file) {
  const std::scoped_lock lock{mutex_};
  if (file.path().empty() || names_.contains(file.path())) return;
  auto inode = std::make_shared<Inode>();
  inode->on_disk = file.read().value();
  names_[file.path()] = inode;
  if (!inode->on_disk.empty()) names_on_disk_[file.path()] = inode;
}

PowerLossVfs::Inode* PowerLossVfs::find(const LowerFile& file) {
  const auto found = names_.find(file.path());
  return found == names_.end() ? nullptr : found->second.get();
}

bool PowerLossVfs::is_time_at_sync() const {
  return plan_ && (syncs_ >= plan_->sync || (syncs_ == plan_->sync - 1 && plan_->writes_after == 0));
}

bool PowerLossVfs::is_time_at_write() const {
  return plan_ && plan_->writes_after > 0 && syncs_ == plan_->sync && writes_ >= plan_->writes_after;
}

int PowerLossVfs::write(const LowerFile& file, std::string_view bytes, sqlite3_int64 at) {
  const std::scoped_lock lock{mutex_};
  Inode* inode = find(file);
  if (inode == nullptr) return file.write(bytes, at);
  const auto start = static_cast<std::size_t>(at);
  inode->unsynced.push_back({start, std::string{bytes}});
  ++writes_;
  if (is_time_at_write()) {
    cut_ = plan_;
    return io_error(DiskOperation::write);
  }
  if (const int failed = file.write(bytes, at); failed != SQLITE_OK) return failed;

  // A page of the cache that is written again goes to the disk as a whole.
  for (std::size_t page = start / page_bytes; page <= (start + bytes.size() - 1) / page_bytes; ++page) {
    if (inode->lost.erase(page) == 0) continue;
    const std::size_t from = page * page_bytes;
    inode->unsynced.push_back({from, file.read(static_cast<sqlite3_int64>(from), page_bytes).value()});
  }
  return SQLITE_OK;
}

int PowerLossVfs::truncate(const LowerFile& file, sqlite3_int64 size) {
  const std::scoped_lock lock{mutex_};
  if (Inode* inode = find(file); inode != nullptr)
    inode->unsynced.push_back({static_cast<std::size_t>(size), std::nullopt});
  return file.truncate(size);
}

int PowerLossVfs::sync(LowerFile& file, int) {
  const std::scoped_lock lock{mutex_};
  Inode* inode = find(file);
  if (inode == nullptr) return SQLITE_OK;
  if (is_time_at_sync()) {
    cut_ = plan_;
    return io_error(DiskOperation::sync);
  }
  ++syncs_;
  writes_ = 0;
  if (deaf_) return SQLITE_OK;
  if (syncs_ == failing_sync_) {
    for (const Change& change : std::exchange(inode->unsynced, {}))
      if (change.bytes)
        for (std::size_t page = change.at / page_bytes;
             page <= (change.at + change.bytes->size() - 1) / page_bytes; ++page)
          inode->lost.insert(page);
    return io_error(DiskOperation::sync);
  }
  for (const Change& change : std::exchange(inode->unsynced, {})) apply(inode->on_disk, change);
  if (file.take_directory_sync()) sync_directory_of(file.path());
  return SQLITE_OK;
}

int PowerLossVfs::remove(const std::string& path, bool sync_directory) {
  const std::scoped_lock lock{mutex_};
  names_.erase(path);
  const int failed = VfsLayer::remove(path, false);
  if (failed == SQLITE_OK && sync_directory && !deaf_) sync_directory_of(path);
  return failed;
}

void PowerLossVfs::sync_directory_of(const std::string& path) {
  const auto directory = std::filesystem::path{path}.parent_path();
  const auto is_here = [&](const auto& entry) {
    return std::filesystem::path{entry.first}.parent_path() == directory;
  };
  std::erase_if(names_on_disk_, is_here);
  std::copy_if(names_.begin(), names_.end(), std::inserter(names_on_disk_, names_on_disk_.end()), is_here);
}

}  // namespace dispatch::test
