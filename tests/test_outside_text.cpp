// Text from outside (headers of tables, names of classes and folders) in figures, pages and messages: it is printed as it is,
// and is never a command, mark-up, a format or a part of a URL.
#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <random>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "experiments/report/figure.hpp"
#include "experiments/report/gnuplot.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/image_grid.hpp"
#include "experiments/report/selection_plots.hpp"
#include "experiments/report/text.hpp"

namespace fs = std::filesystem;
using namespace elbow;

// What would go unescaped does not compile.
static_assert(!std::is_convertible_v<std::string, Html> && !std::is_constructible_v<Html, std::string>);
static_assert(!std::is_convertible_v<const char*, Html> && !std::is_constructible_v<Html, char (&)[8]>);
static_assert(!std::is_convertible_v<PlotText, std::string>);

namespace {

/// An empty folder that is the working folder until the test ends.
struct WorkingFolder {
  fs::path before = fs::current_path(), path = fs::temp_directory_path() / str("elbow outside text ", getpid());
  WorkingFolder() {
    fs::create_directories(path);
    fs::current_path(path);
  }
  ~WorkingFolder() {
    fs::current_path(before);
    fs::remove_all(path);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().filename().string());
    return names;
  }
};

const std::vector<std::string> attacks = {"x\n!>pwned\n#",
                                          "'\n!>pwned\n'",
                                          "x'; system('touch pwned'); print '",
                                          "\"; system(\"touch pwned\")",
                                          "`touch pwned`",
                                          "$(touch pwned)",
                                          "\r\n!touch pwned\r\n",
                                          "\\\n!touch pwned",
                                          "@touch",
                                          "%d %s %n %5$n 100% %",
                                          "fat %",
                                          "%'''''''''''''''",  // long once it is escaped
                                          "{/:Bold unfinished",
                                          "}}}{{{",
                                          "a_{b}^{c}&{d}~e{f}@g",
                                          "&#0; &lt; &nothing; <!-- <svg> ]]>",
                                          "\\U+0041 \\101 \\",
                                          "\xE2\x80\xAE"
                                          "desrever \xE2\x81\xA6x",
                                          "\xFF\xFE not UTF-8 \xC3",
                                          std::string("nul\0byte", 8),
                                          "\x1B[31mred\x1B[0m",
                                          "EOD",
                                          "$block0 << EOD",
                                          "<script>alert(1)</script>\"'&",
                                          "",
                                          " ",
                                          std::string(10000, 'w'),
                                          std::string(10000, '\'')};

/// Random texts of the characters that mean something to somebody.
std::vector<std::string> random_texts(size_t count) {
  std::mt19937 random(1);
  static const std::string alphabet = "ab '\"\\`{}_^@&~%$#!|<>()[];:,=*?/\n\r\t";
  std::vector<std::string> texts;
  while (texts.size() < count) {
    std::string text;
    for (size_t i = random() % 24; i-- > 0;) text += alphabet[random() % alphabet.size()];
    texts.push_back(text);
  }
  return texts;
}

Panel panel_of(const std::string& text) {
  Panel panel;
  panel.title = panel.x_label = panel.y_label = panel.legend_label = text;
  panel.x.include(0), panel.x.include(1), panel.y.include(0), panel.y.include(1);
  panel.draw({{0, 0}, {1, 1}}, "using 1:2 with lines");
  panel.x_ticks = {{0, text}, {1, "other"}};
  panel.legend = {{text, "with lines"}};
  panel.bar = {text, text, {"#000000", "#ffffff"}};
  panel.level(0.5, "lc rgb '#202020'", text);
  return panel;
}

}  // namespace

BOOST_AUTO_TEST_CASE(figures_print_any_text) {
  const WorkingFolder folder;
  std::vector<std::string> texts = attacks;
  for (const std::string& text : random_texts(375)) texts.push_back(text);
  constexpr size_t rows = 10, columns = 10;
  for (size_t first = 0; first < texts.size(); first += rows * columns) {
    Figure figure(4000, 4000, rows, columns);
    for (size_t i = first; i < std::min(first + rows * columns, texts.size()); ++i)
      figure.add(panel_of(texts[i]));
    figure.save("figure.png");
    const ProgramEnd end = run_confined("xmllint", {"--noout", "-"}, read_file("figure.svg"), 60);
    if (end.status != 127) BOOST_TEST(end.status == 0, end.errors);  // well-formed, if there is one to say so
  }
  const std::vector<float> pixels(16, 0.5f);
  for (const std::string& text : attacks) {
    GridLayout layout;
    layout.columns = 2;
    layout.row_labels = {text}, layout.column_labels = {text, text};
    if (text.size() < 1000) write_image_grid("grid.png", {pixels, 4, 1, 2, 2}, layout);
  }
  const auto files = folder.files();
  BOOST_TEST(files.size() == 3u);
  BOOST_TEST(!fs::exists("pwned"));
}

// Their names are the texts of ticks, which gnuplot may take for formats.
BOOST_AUTO_TEST_CASE(figures_of_a_selection_print_any_name) {
  const WorkingFolder folder;
  std::vector<std::string> names = attacks;
  for (const std::string& text : random_texts(34)) names.push_back(text);
  constexpr size_t at_once = 30;
  for (size_t first = 0; first < names.size(); first += at_once) {
    SelectionFigures figures;
    for (size_t i = first; i < std::min(first + at_once, names.size()); ++i) {
      auto& step = figures.steps.emplace_back();
      step.feature = names[i], step.exact_feature = names[names.size() - 1 - i];
      step.exact = Optimum{{1, 0.5, 0.5}, 1};
      step.losses = {{2, 0.1}, {1, 0.1}, {1, 0.1}};
      CountResult& count = figures.kl.emplace_back();
      count.given = int64_t(i), count.kl_per_latent = {1, 0};
    }
    figures.first = figures.steps;
    for (const auto plot : {plot_selection_steps, plot_first_features, plot_selection_kl}) {
      plot(figures, "figure.png");
      BOOST_TEST((fs::remove("figure.png") && fs::remove("figure.svg")));
    }
  }
  BOOST_TEST(folder.files().empty());
}

BOOST_AUTO_TEST_CASE(a_name_of_a_figure_is_no_command) {
  const WorkingFolder folder;
  Figure figure(300, 300);
  figure.add(panel_of("x"));
  for (const std::string name : {"|touch pwned", "it's\n!touch pwned", "%d `touch pwned`.png"}) {
    figure.save(name);
    BOOST_TEST(fs::file_size(name) > 0u);
  }
  BOOST_TEST(!fs::exists("pwned"));
}

#if defined(__x86_64__) || defined(__aarch64__)
BOOST_AUTO_TEST_CASE(gnuplot_could_not_run_a_shell) {
  const WorkingFolder folder;
  for (const std::string script :
       {"!touch pwned\n", "x = system('touch pwned')\n", "print `touch pwned`\n",
        "plot '<touch pwned; echo 1 1'\n", "set output '|touch pwned'\nplot x\nunset output\n",
        "load '<touch pwned'\n", "set print '|touch pwned'\nprint 1\n"}) {
    try {
      run_gnuplot(script, 100, 100, "figure.png");
    } catch (const Error&) {}  // most of these fail; that is not what is tested
    BOOST_TEST(!fs::exists("pwned"), script);
  }
  // The same without gnuplot between: a shell is a program that starts others.
  const ProgramEnd end = run_confined("sh", {"-c", "(echo 1) || echo none"}, "", 10);
  BOOST_TEST(end.output.find('1') == std::string::npos);
  BOOST_TEST(end.status != 0);
}
#endif

BOOST_AUTO_TEST_CASE(a_program_is_ended_that_takes_too_long) {
  BOOST_TEST(run_confined("sleep", {"60"}, "", 1).status == 128 + SIGALRM);
  BOOST_TEST(run_confined("no-such-program", {}, "", 1).status == 127);
  const ProgramEnd end = run_confined("cat", {}, std::string(1 << 20, 'x'), 10);
  BOOST_TEST(end.status == 0);
  BOOST_TEST(end.output.size() == size_t(1 << 20));
}

BOOST_AUTO_TEST_CASE(plain_texts) {
  BOOST_TEST(plain_text("β = 0.5, naïve, 日本, 😀") == "β = 0.5, naïve, 日本, 😀");
  BOOST_TEST(plain_text("a\nb\x7F\x1B") == "a\uFFFDb\uFFFD\uFFFD");
  BOOST_TEST(plain_text("a\nb\r", true) == "a\nb\uFFFD");
  BOOST_TEST(plain_text("\xFF\xC3(\xE2\x82") == "\uFFFD\uFFFD(\uFFFD\uFFFD");
  BOOST_TEST(plain_text("\xC0\xAF\xED\xA0\x80") ==
             "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");  // overlong, half of a pair
  BOOST_TEST(plain_text("a\u202Eb\u2066c\u200F") == "abc");
  BOOST_TEST(shortened("abcdef", 6) == "abcdef");
  BOOST_TEST(shortened("äbcdefä", 6) == "äbc…fä");
  BOOST_TEST(PlotText(std::string(1000, 'x')).shown().size() == 119 + std::string("…").size());
  BOOST_TEST(PlotText("a_b 'c' {\\}").literal() == "'{}a\\_b \\047c\\047 \\{\\134{}\\}'");
  BOOST_TEST(PlotText("&#0;").literal() == "'{}\\046#0;'");
  BOOST_TEST(PlotText("50%").literal() == "'{}50\\045'");
}

BOOST_AUTO_TEST_CASE(urls_and_html) {
  BOOST_TEST(Html::url("runs/a b#c?d%e&f\"g:h/ä.png").code() ==
             "runs/a%20b%23c%3Fd%25e%26f%22g%3Ah/%C3%A4.png");
  BOOST_TEST(Html::url("javascript:alert(1)").code() == "javascript%3Aalert%281%29");
  BOOST_TEST(Html::text("<a href='x'>\"&\x1B").code() == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;\uFFFD");
}
