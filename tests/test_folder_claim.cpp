// A claim on a folder holds for one process at a time, also where many find one whose owner has ended; whether a process of
// another machine has ended is judged without comparing clocks; and an owner learns that it was taken over.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "data_helpers.hpp"
#include "experiments/runs/folder_claim.hpp"

using namespace elbow;
namespace fs = std::filesystem;
using Life = ClaimWatch::Life;
using namespace std::chrono_literals;

namespace {

constexpr auto of_another_machine = "otherhost\tother-system\t12\t34\tabc\t0.02\t2026-01-01T00:00:00Z\n";

struct QuickHeartbeat {
  QuickHeartbeat() { setenv("ELBOW_HEARTBEAT", "0.02", 1); }
  ~QuickHeartbeat() { unsetenv("ELBOW_HEARTBEAT"); }
};

void set_time(const fs::path& file, std::chrono::hours from_now) {
  fs::last_write_time(file, fs::file_time_type::clock::now() + from_now);
}

enum Outcome { won, refused, two_at_once };

// What a process does that wants the folder: with the claim, it looks whether another one is inside.
Outcome enter(const fs::path& folder) {
  try {
    const FolderClaim claim(folder, "folder");
    const fs::path inside = folder / "inside";
    const int file = open(inside.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0) return two_at_once;
    std::this_thread::sleep_for(5ms);
    close(file);
    unlink(inside.c_str());
    return won;
  } catch (const Error&) { return refused; }
}

// A folder with a claim of another machine.
struct Claimed {
  test::TemporaryFolder folder;
  fs::path file = folder.path / FolderClaim::file;
  explicit Claimed(const std::string& text = of_another_machine) { test::write_bytes(file, text); }
};

Life look_for(ClaimWatch& watch, const fs::path& file, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  Life life = watch.look(file);
  while (std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
    life = watch.look(file);
  }
  return life;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(claims, *boost::unit_test::fixture<QuickHeartbeat>())

BOOST_AUTO_TEST_CASE(one_process_takes_over_a_dead_claim) {
  const std::string guarded = "with a guard whose owner has ended, too";
  for (const std::string dead : {of_another_machine, "damaged", "", guarded.c_str()})
    for (int round = 0; round < 8; ++round) {
      const Claimed claimed(dead == guarded ? of_another_machine : dead);
      if (dead == guarded) test::write_bytes(claimed.file.string() + ".takeover", of_another_machine);
      std::vector<pid_t> processes;
      for (int i = 0; i < 8; ++i) {
        processes.push_back(fork());
        if (processes.back() == 0) _exit(enter(claimed.folder.path));
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
      BOOST_TEST(fs::is_empty(claimed.folder.path));
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
  test::write_bytes(folder.path / FolderClaim::file, of_another_machine);
  claim.release();
  BOOST_TEST(fs::exists(folder.path / FolderClaim::file));
}

BOOST_AUTO_TEST_CASE(a_claim_says_who_has_made_it) {
  const Claim mine = Claim::mine(), other = Claim::mine();
  BOOST_TEST(mine.text != other.text);  // the token
  BOOST_TEST((mine.of_this_system() && !mine.ended()));
  const Claimed claimed(mine.text);
  const auto read = Claim::read(claimed.file);
  BOOST_TEST((read && read->text == mine.text && read->token == mine.token && read->heartbeat == 0.02));
  BOOST_TEST(read->pid == std::to_string(getpid()));
  BOOST_TEST(!Claim::read(claimed.folder.path / "nothing"));
  setenv("ELBOW_HEARTBEAT", "soon", 1);
  BOOST_CHECK_THROW(Claim::mine(), Error);
  setenv("ELBOW_HEARTBEAT", "0.02", 1);
}

BOOST_AUTO_TEST_CASE(a_process_of_this_machine_is_looked_up) {
  Claim gone = Claim::mine();
  const pid_t child = fork();
  if (child == 0) _exit(0);
  const std::string number = std::to_string(child);
  waitpid(child, nullptr, 0);
  const Claimed claimed(
      str(gone.host, '\t', gone.system, '\t', number, '\t', gone.start, "\tabc\t3600\tnow\n"));
  ClaimWatch watch;
  BOOST_TEST((watch.look(claimed.file) == Life::ended));  // at once, whatever its heartbeat
  BOOST_TEST((watch.clear(claimed.file) == Life::none));
  BOOST_TEST(fs::is_empty(claimed.folder.path));
  // Another process has its number by now.
  const Claimed reused(str(gone.host, '\t', gone.system, '\t', getpid(), "\t1\tabc\t3600\tnow\n"));
  BOOST_TEST((watch.look(reused.file) == Life::ended));
}

BOOST_AUTO_TEST_CASE(the_clocks_of_two_machines_are_not_compared) {
  for (const int hours : {-24 * 365, -1, 0, 1, 24 * 365}) {
    // One that gives signs of life: never taken over, whatever its clock says.
    const Claimed claimed;
    std::atomic<bool> stop{false};
    std::thread owner([&] {
      for (int beat = 0; !stop; ++beat) {
        fs::last_write_time(claimed.file, fs::file_time_type::clock::now() + std::chrono::hours(hours) +
                                              (beat % 2 ? 3ms : -3ms));  // it may even go backwards
        std::this_thread::sleep_for(5ms);
      }
    });
    ClaimWatch watch;
    BOOST_TEST((look_for(watch, claimed.file, 200ms) == Life::alive));
    BOOST_CHECK_THROW(FolderClaim(claimed.folder.path, "folder"), Error);
    stop = true;
    owner.join();
    // It has stopped: ended, but only after four heartbeats of the observer's own time.
    ClaimWatch another;
    BOOST_TEST((another.look(claimed.file) == Life::unknown));
    BOOST_TEST((look_for(another, claimed.file, 30ms) == Life::unknown));
    BOOST_TEST((look_for(another, claimed.file, 100ms) == Life::ended));
    BOOST_TEST((another.clear(claimed.file) == Life::none));
  }
}

BOOST_AUTO_TEST_CASE(a_new_claim_is_watched_from_its_beginning) {
  const Claimed claimed;
  ClaimWatch watch;
  BOOST_TEST((look_for(watch, claimed.file, 120ms) == Life::ended));
  // Another one has taken it over meanwhile: its file is as old, but its token is another.
  std::string text = of_another_machine;
  text.replace(text.find("abc"), 3, "xyz");
  test::write_bytes(claimed.file, text);
  BOOST_TEST((watch.clear(claimed.file) == Life::unknown));
  BOOST_TEST(fs::exists(claimed.file));
}

BOOST_AUTO_TEST_CASE(who_was_taken_over_knows_it) {
  for (const bool removed : {false, true}) {
    const test::TemporaryFolder folder;
    const fs::path file = folder.path / FolderClaim::file;
    FolderClaim claim(folder.path, "folder");
    BOOST_TEST(!claim.lost());
    std::this_thread::sleep_for(60ms);
    BOOST_TEST(!claim.lost());
    fs::remove(file);
    if (!removed) {
      std::string text = Claim::mine().text;  // of this very process: the token tells them apart
      test::write_bytes(file, text);
    }
    BOOST_TEST(claim.lost());  // at once, not at the next heartbeat
    claim.release();
    BOOST_TEST(fs::exists(file) == !removed);
  }
}

BOOST_AUTO_TEST_CASE(an_owner_gives_signs_of_life) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path / FolderClaim::file;
  const FolderClaim claim(folder.path, "folder");
  set_time(file, std::chrono::hours(-1));
  const auto before = Claim::read(file)->sign;
  for (int i = 0; i < 500 && Claim::read(file)->sign == before; ++i) std::this_thread::sleep_for(10ms);
  BOOST_TEST(Claim::read(file)->sign > before);
}

BOOST_AUTO_TEST_SUITE_END()

// What is in the way of removing a claim is an error for who wants the folder, and none for who leaves it.
BOOST_AUTO_TEST_CASE(a_guard_that_cannot_be_removed) {
  const QuickHeartbeat quick;
  const test::TemporaryFolder folder;
  const fs::path guard = folder.path / "run.lock.takeover";
  {
    const FolderClaim claim(folder.path, "folder");
    fs::create_directory(guard);
  }
  BOOST_TEST(!fs::exists(folder.path / FolderClaim::file));
  test::write_bytes(folder.path / FolderClaim::file, of_another_machine);
  BOOST_CHECK_EXCEPTION(FolderClaim(folder.path, "folder"), Error, [](const Error& e) {
    return std::string(e.what()).find("run.lock.takeover: cannot be removed: ") != std::string::npos;
  });
}
