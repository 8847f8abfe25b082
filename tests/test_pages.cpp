// The pages of a run: what stands on them, and in which order.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/report.hpp"
#include "experiments/report/run_page.hpp"
#include "experiments/report/run_plots.hpp"
#include "experiments/report/text.hpp"

namespace fs = std::filesystem;
using namespace elbow;

namespace {

/// A folder of the test's own, gone with it.
struct PageFolder {
  fs::path path = fs::temp_directory_path() / str("elbow pages ", getpid());
  PageFolder() { fs::create_directories(path); }
  ~PageFolder() { fs::remove_all(path); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_report_is_one_escaped_page_with_its_images) {
  BOOST_TEST(base64("") == "");
  BOOST_TEST(base64("f") == "Zg==");
  BOOST_TEST(base64("fo") == "Zm8=");
  BOOST_TEST(base64("foobar") == "Zm9vYmFy");

  PageFolder folder;
  std::ofstream(folder.path / "figure.png") << "foobar";
  const auto page = folder.path / "report.html";
  Report("<b> & \"co\"")
      .heading("Figures")
      .figure("KL < 1", folder.path / "figure.png")
      .figure("Loss", folder.path / "missing.png")
      .table("Counts", {"given", "name"}, {{"0", "<i>"}, {"1.5", "plain"}})
      .preformatted("config.json", "{\"a\": \"</pre><script>\"}")
      .write(page);
  const std::string html = read_file(page);
  const auto has = [&](const std::string& text) { return html.find(text) != std::string::npos; };
  BOOST_TEST(has("<title>&lt;b&gt; &amp; &quot;co&quot;</title>"));
  BOOST_TEST(has("src=\"data:image/png;base64,Zm9vYmFy\""));
  BOOST_TEST(has("<figcaption>KL &lt; 1</figcaption>"));
  BOOST_TEST(has("Loss (not drawn: missing.png)"));
  BOOST_TEST(has("<td class=\"number\">1.5</td>"));
  BOOST_TEST(has("<td>&lt;i&gt;</td>"));
  BOOST_TEST(!has("<script"));
  BOOST_TEST(html.ends_with("</html>\n"));
}

// Numbers stand before tables, and tables before figures; of a figure, each panel is a picture of its own.
BOOST_AUTO_TEST_CASE(a_page_tells_the_results_first) {
  PageFolder folder;
  RunResults run;
  run.epochs = {{1, {}, {}}, {2, {}, {}}};
  static_cast<Losses&>(run.test) = {{0.88888, 0.0043}, {0.61, 0.003}, {0.27, 0.0015}};
  run.test.optimum = AverageOptimum{{{0.84657, 0.5, 0.34657}, 1}};
  run.test.excess = Estimate{0.0381, 0.0011};
  run.timing.total_s = 12.6;
  CountResult& nothing = run.per_count.emplace_back();
  static_cast<Losses&>(nothing) = {{1.72, 0.01}, {1.02, 0.01}, {0.7, 0.01}};
  nothing.rows = 100, nothing.active = 2, nothing.kl_per_latent.assign(8, 0.1);
  nothing.optimum = AverageOptimum{{{1.69, 1, 0.69}, 2}};
  plot_elbo(run, folder.path / "ELBO.png");
  Report report("run");
  add_headline(report, run);
  add_result_tables(report, run);
  report.figure(elbo_caption(run), folder.path / "ELBO.png");
  const std::string html = report.html();
  std::size_t at = 0;
  for (const char* text : {"class=\"numbers\"",
                           "test loss",
                           "0.8889",
                           "± 0.0043",
                           ">optimum<",
                           "0.8466",
                           "excess",
                           "0.0381",
                           "± 0.0011",
                           "active latents",
                           "2 of 8",
                           "epochs",
                           "13 s",
                           "<table>",
                           "<figure>",
                           "viewBox=\"0 0 1000 820 \"",
                           "data:image/png;base64",
                           "viewBox=\"1000 0 1000 820 \"",
                           "<use href=\"#picture-1\"/>",
                           "viewBox=\"2000 0 1000 820 \"",
                           "training loss is measured",
                           "href=\"ELBO.svg\""}) {
    const std::size_t found = html.find(text, at);
    BOOST_TEST(found != std::string::npos, "after what comes before it, there is no " << text);
    if (found != std::string::npos) at = found;
  }
  BOOST_TEST(html.find("data:image/png;base64") ==
             html.rfind("data:image/png;base64"));  // the picture is there once
}

BOOST_AUTO_TEST_CASE(numbers_have_the_digits_that_their_errors_leave) {
  BOOST_TEST(with_error(Estimate{0.123456, 0.0123}) == "0.123 +- 0.012");
  BOOST_TEST(with_error(Estimate{460.2345, 1.34}) == "460.2 +- 1.3");
  BOOST_TEST(with_error(Estimate{4602.345, 134}) == "4602 +- 134");
  BOOST_TEST(with_error(Estimate{1.23456, std::nan("")}) == "1.2346");
}
