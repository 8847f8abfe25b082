#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace elbow {

/// An option, a flag or a positional argument of a command. A handle; each function returns the option itself, so that
/// they can be chained.
class Option {
 public:
  Option& required();
  /// Tells the value that the variable has now in the help.
  Option& shows_default();
  /// Of options with several values: takes one from each mention, not all the words that follow.
  Option& one_each();
  /// The character between two values in one word.
  Option& delimiter(char c);
  /// Not told by the help.
  Option& hidden();
  /// Not together with that one.
  Option& excludes(const Option& other);

  /// @name What is let through
  /// @{
  Option& not_empty();
  Option& one_of(std::initializer_list<std::string> words);
  Option& between(int64_t low, int64_t high);
  Option& positive();
  Option& whole_number();  ///< that fits 64 bits: the parser alone would take -1 for 2^64 - 1
                           /// @}

 private:
  friend class Command;
  explicit Option(CLI::Option* option) : option_(option) {}
  CLI::Option* option_;
};

/// A command of the program, or the program itself: what is declared here is parsed, checked and listed by --help. A
/// handle. This header stands before CLI11, which is compiled in one file only (command_line.cpp): it takes seconds
/// wherever it is included.
class Command {
 public:
  /// A command below this one.
  Command command(const std::string& name, const std::string& doc);
  /// Refuses to run without one of the commands below it.
  Command& requires_command();
  /// A paragraph at the end of the help.
  void footer(const std::string& text);

  /// An option where the name begins with --, else a positional argument. T is int, int64_t, uint64_t, double, std::string,
  /// an optional int64_t or uint64_t, or a vector of std::string or int64_t.
  template <class T> Option option(const std::string& name, T& value, const std::string& doc);
  Option flag(const std::string& name, bool& value, const std::string& doc);
  /// --set path.to.key=value, once for each change of a configuration.
  void settings(std::vector<std::string>& settings,
                const std::string& doc = "Change a setting: path.to.key=value (may be repeated)");
  /// --threads, 0 for one on each core.
  void threads(int& threads);
  /// --device, where models are: cpu or cuda; and --tf32.
  void device();

  /// What the command does, once its options are read.
  void runs(std::function<void()> action);

 protected:
  explicit Command(CLI::App* app) : app_(app) {}
  CLI::App* app_;
};

/// The command line of the whole program, which has --help and --version.
class CommandLine : public Command {
 public:
  CommandLine(const std::string& name, const std::string& doc, const std::string& version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Runs the command that the arguments name, or prints the help. Error for arguments that are invalid.
  void run(int argc, char** argv);
};

}  // namespace elbow
