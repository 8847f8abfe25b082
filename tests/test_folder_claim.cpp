// A claim on a folder holds for one process at a time, also where many find one whose owner has ended.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "data_helpers.hpp"
#include "experiments/runs/folder_claim.hpp"

using namespace elbow;
namespace fs = std::filesystem;

namespace {

enum Outcome { won, refused, two_at_once };

// What a process does that wants the folder: with the claim, it looks whether another one is inside.
Outcome enter(const fs::path& folder) {
  try {
    const FolderClaim claim(folder, "folder");
    const fs::path inside = folder / "inside";
    const int file = open(inside.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0) return two_at_once;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    close(file);
    unlink(inside.c_str());
    return won;
  } catch (const Error&) { return refused; }
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_process_takes_over_a_dead_claim) {
  for (const char* dead : {"otherhost\tother-system\t12\t34\n", "damaged", ""})
    for (int round = 0; round < 10; ++round) {
      const test::TemporaryFolder folder;
      const fs::path claim = folder.path / FolderClaim::file;
      test::write_bytes(claim, dead);
      fs::last_write_time(claim, fs::file_time_type::clock::now() - std::chrono::hours(1));
      std::vector<pid_t> processes;
      for (int i = 0; i < 8; ++i) {
        processes.push_back(fork());
        if (processes.back() == 0) _exit(enter(folder.path));
      }
      int winners = 0;
      for (const pid_t process : processes) {
        int status = 0;
        waitpid(process, &status, 0);
        BOOST_REQUIRE(WIFEXITED(status));
        BOOST_TEST(WEXITSTATUS(status) != two_at_once);
        winners += WEXITSTATUS(status) == won;
      }
      BOOST_TEST(winners >= 1);
      BOOST_TEST(fs::is_empty(folder.path));
    }
}

BOOST_AUTO_TEST_CASE(a_claim_is_known_by_its_owner_and_released) {
  const test::TemporaryFolder folder;
  {
    FolderClaim claim(folder.path, "folder");
    BOOST_TEST(FolderClaim::owner(folder.path) == str("process ", getpid(), " on this machine"));
    BOOST_CHECK_THROW(FolderClaim(folder.path, "folder"), Error);
    claim.release();
    BOOST_TEST(FolderClaim::owner(folder.path).empty());
  }
  // What somebody else has claimed by the time of the release stays.
  FolderClaim claim(folder.path, "folder");
  const std::string other = "otherhost\tother-system\t12\t34\n";
  test::write_bytes(folder.path / FolderClaim::file, other);
  claim.release();
  BOOST_TEST(fs::exists(folder.path / FolderClaim::file));
}
