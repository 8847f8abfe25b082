#include "base/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <sstream>

#include "base/error.hpp"

namespace elbow {
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
  if (!ended_) kill(pid_, SIGTERM);
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
