// The only file that includes CLI11.
#include "experiments/program/arguments.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <optional>

#include "autograd/backend/backend.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace elbow {

Option& Option::required() { return option_->required(), *this; }
Option& Option::shows_default() { return option_->capture_default_str(), *this; }
Option& Option::one_each() { return option_->allow_extra_args(false), *this; }
Option& Option::delimiter(char c) { return option_->delimiter(c), *this; }
Option& Option::hidden() { return option_->group(""), *this; }
Option& Option::excludes(const Option& other) { return option_->excludes(other.option_), *this; }

Option& Option::not_empty() {
  const auto refuse = [](const std::string& text) { return text.empty() ? "must not be empty" : ""; };
  return option_->check(CLI::Validator(refuse, "")), *this;
}

Option& Option::one_of(std::initializer_list<std::string> words) {
  return option_->check(CLI::IsMember(std::vector<std::string>(words))), *this;
}

Option& Option::between(int64_t low, int64_t high) { return option_->check(CLI::Range(low, high)), *this; }
Option& Option::positive() { return option_->check(CLI::PositiveNumber), *this; }

Option& Option::whole_number() {
  const auto refuse = [](const std::string& text) {
    uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    const bool good = !text.empty() && read.ec == std::errc() && read.ptr == end;
    return good ? std::string() : "must be a whole number from 0 to 2^64 - 1, not \"" + text + "\"";
  };
  return option_->check(CLI::Validator(refuse, "")), *this;
}

Command Command::command(const std::string& name, const std::string& doc) {
  return Command(app_->add_subcommand(name, doc));
}

Command& Command::requires_command() { return app_->require_subcommand(1), *this; }
void Command::footer(const std::string& text) { app_->footer(text); }

template <class T> Option Command::option(const std::string& name, T& value, const std::string& doc) {
  CLI::Option* option = app_->add_option(name, value, doc);
  if constexpr (std::is_same_v<T, double>)  // the parser takes nan and inf
    option->check(CLI::Validator(
        [](const std::string& text) {
          double number = 0;
          const bool finite = !CLI::detail::lexical_cast(text, number) || std::isfinite(number);
          return finite ? std::string() : "must be a finite number, not \"" + text + "\"";
        },
        ""));
  return Option(option);
}
template Option Command::option(const std::string&, int&, const std::string&);
template Option Command::option(const std::string&, int64_t&, const std::string&);
template Option Command::option(const std::string&, uint64_t&, const std::string&);
template Option Command::option(const std::string&, double&, const std::string&);
template Option Command::option(const std::string&, std::string&, const std::string&);
template Option Command::option(const std::string&, std::optional<int64_t>&, const std::string&);
template Option Command::option(const std::string&, std::optional<uint64_t>&, const std::string&);
template Option Command::option(const std::string&, std::optional<std::string>&, const std::string&);
template Option Command::option(const std::string&, std::vector<int64_t>&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::string>&, const std::string&);

Option Command::flag(const std::string& name, bool& value, const std::string& doc) {
  return Option(app_->add_flag(name, value, doc));
}

void Command::settings(std::vector<std::string>& settings, const std::string& doc) {
  option("--set", settings, doc).one_each();
}

void Command::threads(int& threads) {
  option("--threads", threads, "Number of threads; 0 = one for each core").shows_default();
}

void Command::device() {
  const auto choose = [](const std::string& name) { set_default_device(device_named(name)); };
  app_->add_option_function<std::string>("--device", choose, "Where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->default_str("cpu");
  // Options act in the order in which they were added.
  app_->add_flag_callback("--tf32", allow_tf32, "Let a GPU round the factors of large products to 10 bits");
}

void Command::runs(std::function<void()> action) { app_->callback(std::move(action)); }

CommandLine::CommandLine(const std::string& name, const std::string& doc, const std::string& version)
    : Command(new CLI::App(doc, name)) {
  app_->set_version_flag("--version", version);
  requires_command();
}

CommandLine::~CommandLine() { delete app_; }

namespace {

// A command that does not exist is named; the parser would only say that one is required.
std::string explained(const CLI::App& app, int argc, char** argv, const std::string& message) {
  if (argc < 2 || argv[1][0] == '-') return message;
  std::string known;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == argv[1]) return message;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  return "there is no command " + std::string(argv[1]) + "; there are " + known;
}

}  // namespace

void CommandLine::run(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (!is_utf8(argv[i])) throw Error(str("the argument \"", argv[i], "\" is not UTF-8 text"));
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw Error(explained(*app_, argc, argv, error.what()));
    app_->exit(error);  // --help, --version
  }
}

}  // namespace elbow
