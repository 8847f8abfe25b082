#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/stopwatch.hpp"

namespace elbow {

/// What the file of a claim says: which process made it, and when that showed last that it lives. The file is one line of
/// fields between tabs: host, system, process, start, token, heartbeat, since.
struct Claim {
  std::string text;    ///< the whole line
  std::string host;    ///< the machine's name, for readers
  std::string system;  ///< the boot and the process namespace in which `pid` is a number
  std::string pid;
  std::string start;     ///< when that process began, in ticks since its system did: numbers are used again
  std::string token;     ///< random: no two claims are alike
  double heartbeat = 0;  ///< seconds between two signs of life, as the owner gives them
  std::string since;     ///< when it was made, by the clock of its owner; for readers
  int64_t sign = 0;  ///< the time of the file: it changes at each sign of life. Not to be compared with a clock
  bool readable = true;

  /// A new one of this process. Error if ELBOW_HEARTBEAT is no number of seconds.
  static Claim mine();
  /// The one in a file; nothing if there is no such file.
  static std::optional<Claim> read(const std::filesystem::path& file);

  /// Whether all of it is there.
  bool whole() const;
  /// Whether its process can be looked up on this machine.
  bool of_this_system() const;
  /// Whether its process can be looked up, and has ended.
  bool ended() const;
  /// Its owner: "process 12 on otherhost".
  std::string who() const;
};

/// Puts `claim` where no file is: false if there is one. It appears whole where the file system has links; else its name
/// appears first (O_EXCL). Error "NAME: cannot be written: REASON".
bool make_claim(const std::filesystem::path& file, const Claim& claim, const std::string& name);

/// Judges claims by looking at them again and again. A process of this machine is looked up. One of another machine has
/// ended when its file has not changed for four of its heartbeats, by this observer's own clock: the clocks of two machines
/// are never compared.
class ClaimWatch {
 public:
  enum class Life {
    none,     ///< there is no claim
    ended,    ///< its owner has ended
    unknown,  ///< of another machine, and not yet watched for long enough
    alive     ///< its process is there, or has given a sign of life while it was watched
  };

  /// Looks at a file of a claim.
  Life look(const std::filesystem::path& file);
  /// The same, and removes a claim whose owner has ended: `none` then. Only one process at a time removes a claim. Error
  /// "FILE: cannot be removed: REASON", or written, where it, or the guard of that, is in the way for good.
  Life clear(const std::filesystem::path& file);
  /// How long an unknown one is watched for until it counts as ended, in seconds.
  static double patience(const Claim& claim);

 private:
  struct Seen {
    std::string text;
    int64_t sign;
    bool gave_sign;
    Stopwatch unchanged;
  };
  Life judge(const std::filesystem::path& file, const std::optional<Claim>& claim);

  std::map<std::filesystem::path, Seen> seen_;
};

/// The file beside a claim, made like one, that whoever removes the claim holds meanwhile. Otherwise one who has read a claim
/// a moment ago, whose owner has released it since, would remove the claim that another one has made in its place.
class ClaimGuard {
 public:
  explicit ClaimGuard(const std::filesystem::path& file, ClaimWatch& watch);
  ~ClaimGuard();
  ClaimGuard(const ClaimGuard&) = delete;
  ClaimGuard& operator=(const ClaimGuard&) = delete;
  bool held() const { return held_; }
  /// Why nobody can hold it, whoever waits: "FILE: cannot be removed: REASON"; empty if that is not known.
  const std::string& problem() const { return problem_; }

 private:
  std::filesystem::path path_;
  bool held_;
  std::string problem_;
};

}  // namespace elbow
