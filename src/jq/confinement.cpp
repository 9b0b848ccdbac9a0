#include "jq/confinement.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace dispatch::jq {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t architecture = AUDIT_ARCH_RISCV64;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
constexpr std::uint32_t architecture = AUDIT_ARCH_PPC64LE;
#else
// Not s390x: its mmap takes one pointer to its arguments, behind which a filter cannot see the protection.
#error \
    "name the architecture of this processor as <linux/audit.h> does; its mmap must take its arguments in registers"
#endif

/// Allowed whatever their arguments.
constexpr std::array allowed{
    __NR_read,          __NR_write,          __NR_writev,
    __NR_munmap,        __NR_mremap,         __NR_madvise,
    __NR_brk,           __NR_getrandom,      __NR_futex,
    __NR_exit,          __NR_exit_group,     __NR_setitimer,
    __NR_clock_gettime, __NR_gettimeofday,   __NR_restart_syscall,
    __NR_rt_sigreturn,  __NR_rt_sigprocmask, __NR_getpid,
    __NR_gettid,  // abort(3) needs these two, and tgkill
};

constexpr sock_filter statement(std::uint16_t code, std::uint32_t value) {
  return {code, 0, 0, value};
}

/// Jumps over so many instructions.
constexpr sock_filter jump(std::uint16_t test, std::uint32_t value, std::uint8_t if_true,
                           std::uint8_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), if_true, if_false, value};
}

/// Loads the 32 bits at `offset` of seccomp_data.
constexpr sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

/// The low half of an argument; what is looked at has no more.
constexpr std::size_t argument(std::size_t number) {
  const std::size_t low = std::endian::native == std::endian::little ? 0 : 4;
  return offsetof(seccomp_data, args) + number * 8 + low;
}

constexpr sock_filter allow = statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
constexpr sock_filter deny = statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);

std::vector<sock_filter> rules() {
  std::vector<sock_filter> rules{
      load(offsetof(seccomp_data, arch)),
      jump(BPF_JEQ, architecture, 1, 0),
      statement(BPF_RET | BPF_K,
                SECCOMP_RET_KILL_PROCESS),  // calls of another architecture have other numbers
      load(offsetof(seccomp_data, nr)),
  };
  const auto add = [&](std::initializer_list<sock_filter> more) { rules.insert(rules.end(), more); };
  for (const auto number : allowed) add({jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 1), allow});
  for (const auto number : {__NR_mmap, __NR_mprotect})  // the third argument is the protection
    add({jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 4), load(argument(2)),
         jump(BPF_JSET, PROT_EXEC, 0, 1), deny, allow});
  add({jump(BPF_JEQ, __NR_tgkill, 0, 4), load(argument(0)),
       jump(BPF_JEQ, static_cast<std::uint32_t>(::getpid()), 0, 1), allow, deny});
  rules.push_back(deny);
  return rules;
}

}  // namespace

bool confine_to_memory() {
  auto all = rules();
  sock_fprog program{static_cast<unsigned short>(all.size()), all.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace dispatch::jq

#if defined(__SANITIZE_ADDRESS__)
/// The jq process has no environment from which the sanitizer could take its options, and a limit of memory
/// in which the usual quarantine has no room.
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=16";
}
#endif
