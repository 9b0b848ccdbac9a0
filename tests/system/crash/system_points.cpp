// Ends the process in the middle of what SQLite and libcurl do for it: SQLite lets its system calls be
// replaced, libcurl and the program call the first send(), link(), rename(), renameat2() and unlink() that
// the linker finds.

#include "system/crash/come_past.hpp"
#include "system/crash/crash_points.hpp"

#include <array>
#include <cstdio>
#include <string>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace dispatch::test;

namespace {

bool is_wal(int file) {
  std::array<char, 4096> path{};
  const auto link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  return length > 0 && std::string_view{path.data(), static_cast<std::size_t>(length)}.ends_with("-wal");
}

ssize_t after_write(int file, ssize_t written) {
  come_past(is_wal(file) ? system_point::wal_write : system_point::database_write);
  return written;
}

ssize_t write_and_come_past(int file, const void* bytes, std::size_t count) {
  return after_write(file, ::write(file, bytes, count));
}

ssize_t pwrite_and_come_past(int file, const void* bytes, std::size_t count, off64_t at) {
  return after_write(file, ::pwrite64(file, bytes, count, at));
}

int come_past_and_truncate(int file, off_t length) {
  come_past(system_point::truncation);
  return ::ftruncate(file, length);
}

int trace_statements(sqlite3* database, char**, const void*) {
  const auto trace = [](unsigned, void*, void*, void*) -> int {
    come_past(system_point::statement);
    return 0;
  };
  return sqlite3_trace_v2(database, SQLITE_TRACE_STMT, trace, nullptr);
}

template <class Function>
sqlite3_syscall_ptr as_system_call(Function* function) {
  return reinterpret_cast<sqlite3_syscall_ptr>(function);
}

// Only where asked for: what is replaced is slower, and what is not is as the program has it.
bool install() {
  sqlite3_vfs* const files = sqlite3_vfs_find(nullptr);
  if (ends_at(system_point::wal_write) || ends_at(system_point::database_write)) {
    files->xSetSystemCall(files, "write", as_system_call(write_and_come_past));
    files->xSetSystemCall(files, "pwrite", as_system_call(pwrite_and_come_past));
    files->xSetSystemCall(files, "pwrite64", as_system_call(pwrite_and_come_past));
  }
  if (ends_at(system_point::truncation))
    files->xSetSystemCall(files, "ftruncate", as_system_call(come_past_and_truncate));
  if (ends_at(system_point::statement))
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(trace_statements));
  return true;
}

[[maybe_unused]] const bool installed = install();  // before main opens a journal

ssize_t send_now(int socket, const void* bytes, std::size_t count, int flags) {
  return ::syscall(SYS_sendto, socket, bytes, count, flags, nullptr, 0);
}

}  // namespace

extern "C" ssize_t send(int socket, const void* bytes, std::size_t count, int flags) {
  if (ends_at(system_point::first_byte_sent) && count > 1) {
    const ssize_t first = send_now(socket, bytes, 1, flags);
    if (first != 1) return first;
    come_past(system_point::first_byte_sent);
    const ssize_t rest = send_now(socket, static_cast<const char*>(bytes) + 1, count - 1, flags);
    return rest < 0 ? 1 : 1 + rest;
  }
  const ssize_t sent = send_now(socket, bytes, count, flags);
  come_past(system_point::request_sent);
  return sent;
}

extern "C" int link(const char* from, const char* to) noexcept {
  come_past(system_point::file_name);
  return ::linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  come_past(system_point::file_name);
  return ::renameat(AT_FDCWD, from, AT_FDCWD, to);
}

extern "C" int renameat2(int from_directory, const char* from, int to_directory, const char* to,
                         unsigned flags) noexcept {
  come_past(system_point::file_name);
  return static_cast<int>(::syscall(SYS_renameat2, from_directory, from, to_directory, to, flags));
}

extern "C" int unlink(const char* path) noexcept {
  come_past(system_point::file_name);
  return ::unlinkat(AT_FDCWD, path, 0);
}
