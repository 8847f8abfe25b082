#include "base/confined_program.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/error.hpp"
#include "base/memory_file.hpp"

namespace elbow {
namespace {

#if defined(__x86_64__)
#define ELBOW_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ELBOW_AUDIT_ARCH AUDIT_ARCH_AARCH64
#endif

// No process from here on, for this one and what it becomes by exec; threads are left. A program that could not be
// confined runs nonetheless: what it is given holds no commands but ours.
void start_no_processes() {
#ifdef ELBOW_AUDIT_ARCH
  const auto load = [](size_t offset) {
    return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, uint32_t(offset));
  };
  const auto result = [](uint32_t value) { return sock_filter BPF_STMT(BPF_RET | BPF_K, value); };
  // `result` follows each of these and is skipped, unless the loaded word is (has) `value`.
  const auto unless_equal = [](uint32_t value) {
    return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
  };
  const auto unless_set = [](uint32_t bits) {
    return sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
  };
  const auto skip_if_equal = [](uint32_t value) {
    return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
  };
  const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
  sock_filter filter[] = {
      load(offsetof(seccomp_data, arch)),
      skip_if_equal(ELBOW_AUDIT_ARCH),
      result(SECCOMP_RET_KILL_PROCESS),
      load(offsetof(seccomp_data, nr)),
#ifdef __x86_64__
      unless_equal(__NR_fork),
      result(refuse),
      unless_equal(__NR_vfork),
      result(refuse),
      unless_set(0x40000000),  // system calls of the x32 interface
      result(refuse),
#endif
      unless_equal(__NR_clone3),  // whose flags lie in memory: the C library then takes clone
      result(SECCOMP_RET_ERRNO | ENOSYS),
      skip_if_equal(__NR_clone),
      result(SECCOMP_RET_ALLOW),
      load(offsetof(seccomp_data, args)),  // clone's flags, their lower half
      unless_set(CLONE_THREAD),
      result(SECCOMP_RET_ALLOW),
      result(refuse),
  };
  const sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#endif
}

}  // namespace

ProgramEnd run_confined(const std::string& program, const std::vector<std::string>& arguments,
                        const std::string& input, unsigned seconds) {
  const MemoryFile in(input), out, errors;
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  const pid_t child = fork();
  if (child < 0) throw Error(str(program, " cannot be started: ", std::strerror(errno)));
  if (child == 0) {  // other threads of this process are not in the child: only system calls from here on
    dup2(in.descriptor(), STDIN_FILENO);
    dup2(out.descriptor(), STDOUT_FILENO);
    dup2(errors.descriptor(), STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(seconds);
    start_no_processes();
    execvp(program.c_str(), argv.data());
    _exit(errno == ENOENT ? 127 : 126);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), out.content(), errors.content()};
}

}  // namespace elbow
