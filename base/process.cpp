#include "base/process.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "base/error.hpp"

namespace elbow {

MemoryFile::MemoryFile(const std::string& content) : descriptor_(memfd_create("elbow", MFD_CLOEXEC)) {
  size_t done = 0;
  while (descriptor_ >= 0 && done < content.size()) {
    const ssize_t n = write(descriptor_, content.data() + done, content.size() - done);
    if (n < 0 && errno != EINTR) break;
    done += size_t(std::max<ssize_t>(n, 0));
  }
  if (descriptor_ < 0 || done < content.size()) {
    const int error = errno;
    if (descriptor_ >= 0) close(descriptor_);
    throw Error(str("no memory for what a program reads and prints: ", std::strerror(error)));
  }
  lseek(descriptor_, 0, SEEK_SET);
}

MemoryFile::~MemoryFile() { close(descriptor_); }

std::string MemoryFile::content() const {
  std::string text;
  char part[4096];
  lseek(descriptor_, 0, SEEK_SET);
  for (ssize_t n; (n = read(descriptor_, part, sizeof part)) > 0;) text.append(part, size_t(n));
  return text;
}

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

namespace {

constexpr auto parent_variable = "ELBOW_PARENT";

std::vector<std::string> environment(int threads) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry; ++entry)
    if (!std::string(*entry).starts_with("OMP_NUM_THREADS=")) variables.push_back(*entry);
  variables.push_back(str("OMP_NUM_THREADS=", threads));
  variables.push_back(str(parent_variable, '=', getpid()));
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, int threads) {
  std::vector<std::string> all = {"elbow"}, variables = environment(threads);
  all.insert(all.end(), arguments.begin(), arguments.end());

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, errors_.descriptor(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  // the link of the child itself, which at that moment is still this program, even if its file was replaced
  const int error = posix_spawn(&pid_, "/proc/self/exe", &files, &attributes, pointers(all).data(),
                                pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error) {
    ended_ = true;
    throw Error(str("no further process can be started: ", std::strerror(error)));
  }
}

void end_with_parent() {
  const char* parent = std::getenv(parent_variable);
  if (!parent) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != std::atoi(parent)) raise(SIGTERM);  // it has ended already
  unsetenv(parent_variable);                           // that of our own children is another one
}

ChildProcess::~ChildProcess() {
  if (ended()) return;
  stop();
  while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {}
}

bool ChildProcess::ended() {
  if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
  return ended_;
}

void ChildProcess::stop() {
  if (!ended_ && !asked_) kill(pid_, SIGTERM);
  asked_ = true;  // a second signal would end it before it has saved anything
}

bool ChildProcess::interrupted() const {
  const int status = WIFEXITED(status_) ? WEXITSTATUS(status_) - 128 : WTERMSIG(status_);
  return status == SIGINT || status == SIGTERM || status == SIGUSR1;
}

bool ChildProcess::succeeded() const {
  return WIFEXITED(status_) && (WEXITSTATUS(status_) == 0 || WEXITSTATUS(status_) == Incomplete::status);
}

std::string ChildProcess::problem() const {
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return "";
  std::istringstream lines(errors_.content());
  std::string last;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) last = line;
  if (last.starts_with("elbow: ")) last.erase(0, 7);
  if (!last.empty()) return last;
  return WIFSIGNALED(status_)
             ? str("was killed by signal ", WTERMSIG(status_), " (", strsignal(WTERMSIG(status_)), ")")
             : str("ended with exit status ", WEXITSTATUS(status_));
}

}  // namespace elbow
