#include "experiments/story/story.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "experiments/report/report.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

std::string percent(double share) { return fixed(100 * share, 0) + "%"; }

// Scores under features of other weights do not compare.
bool fids_compare(const StoryRuns& runs) {
  const auto& first = runs.ae.fid;
  return std::ranges::all_of(runs.all(), [&](const StoryRun* run) {
    return first && run->fid && run->fid->weights_hash == first->weights_hash;
  });
}

void add_table(Report& report, const StoryRuns& runs, const std::vector<Codes>& codes) {
  std::vector<std::string> header = {"model", "minimises",  "is given", "parameters", "epochs",  "test loss",
                                     "±",     "distortion", "KL",       "spread",     "within 2"};
  const bool fids = fids_compare(runs);
  if (fids) header.insert(header.end(), {"FID", "±"});
  std::vector<std::vector<std::string>> lines;
  for (size_t i = 0; i < codes.size(); ++i) {
    const StoryRun& run = *runs.all()[i];
    const Experiment& e = *run.experiment;
    const Losses& test = run.record.test;
    const std::string beta = e.loss.beta == 1 ? "" : to_text(e.loss.beta) + " ";
    auto& line = lines.emplace_back(std::vector<std::string>{
        run.name, e.loss.autoencoder ? "distortion" : "distortion + " + beta + "KL",
        e.condition.by_attributes() ? "class" : "nothing", str(e.model->parameters()), str(e.training.epochs)});
    for (const double value :
         {test.loss.mean, test.loss.standard_error, test.distortion.mean, test.kl.mean, codes[i].spread()})
      line.push_back(fixed(value, 2));
    line.push_back(percent(codes[i].share_within(2)));
    if (fids) line.insert(line.end(), {fixed(run.fid->fid.mean, 1), fixed(run.fid->fid.standard_error, 1)});
  }
  report.table("The three models, in nats per image of the test set" +
                   std::string(fids ? "; FID of one sample per test image" : ""),
               header, lines);
}

std::string about_data(const StoryRuns& runs) {
  const ImageSize& image = *runs.test().image;
  std::string text = str(runs.cvae.experiment->data.train.rows(), " images of ", image.height, " x ",
                         image.width, " pixels to learn from and ", runs.test().rows(), " to test on, in ",
                         runs.classes().classes(), " classes");
  for (int32_t k = 0; k < runs.classes().classes() && !runs.classes().feature.categories.empty(); ++k)
    text += (k == 0 ? ": " : ", ") + runs.class_name(k);
  return text + ".";
}

/// The page as it grows, figure by figure.
struct Page {
  const fs::path& folder;
  Report report;

  void figure(const std::string& file, const std::string& caption,
              const std::function<void(const fs::path&)>& draw) {
    draw(folder / file);
    report.figure(caption, folder / file);
  }
};

void introduce(Page& page, const StoryRuns& runs, const std::vector<Codes>& codes) {
  page.report
      .paragraph(
          "Three models learn from the same images: " + about_data(runs) +
          " Each encodes an image as a code of two numbers and decodes the code to an image again. Each is "
          "trained to lose little of the image. The autoencoder (AE) has no other aim. The codes of the "
          "variational autoencoder (VAE), each with some noise, should also follow N(0, I). The same holds "
          "for the conditional one (CVAE), whose encoder and decoder are given the class.")
      .paragraph("The spread is the standard deviation of the codes on a latent: 1 for N(0, I), which has " +
                 percent(1 - std::exp(-2.0)) + " of its mass within 2 of the origin.");
  add_table(page.report, runs, codes);
}

void tell_of_the_ae(Page& page, const StoryRuns& runs, const std::vector<Codes>& codes) {
  page.report.heading("1. An autoencoder compresses, but cannot generate");
  page.figure(
      "reconstructions.png",
      "The first two test images of each class, and each model's decoding of their codes. Two numbers are "
      "enough for the class and the rough shape. The CVAE is given the class, and uses both numbers for the "
      "shape.",
      [&](const fs::path& png) { draw_story_reconstructions(runs, png); });
  page.figure(
      "codes.png",
      "The codes of the test images: a dot each, in the colour of its class, whose number is at the median. "
      "The loss of the AE does not say where codes should lie: " +
          percent(codes[0].share_within(2)) + " of them are within 2 of the origin, and they spread by " +
          fixed(codes[0].spread(), 1) + ". Of the VAE's it is " + percent(codes[1].share_within(2)) + " and " +
          fixed(codes[1].spread(), 1) +
          ", and the classes are sorted into clusters. In the CVAE's plane all classes lie in one place: "
          "the class is given, so the code holds other information.",
      [&](const fs::path& png) { draw_codes(runs, codes, png); });
  page.figure(
      "samples.png",
      "Each decoder's outputs for the same draws z ~ N(0, I). For the VAE and the CVAE this is the prior "
      "that they were trained with. An AE has no prior: it is given the same N(0, I) for comparison, and "
      "its codes follow another distribution, as the dots above show. So images whose codes lie far out are "
      "rare or absent, and draws that fall between its codes become blends, or no image at all. The "
      "CVAE is given one class per column, in their order.",
      [&](const fs::path& png) { draw_story_samples(runs, png); });
}

void tell_of_the_vae(Page& page, const StoryRuns& runs) {
  page.report.heading("2. A VAE generates: its plane is a map of all images");
  page.figure(
      "manifold.png",
      "The VAE's decodings of a grid of codes, latent 0 to the right and latent 1 upwards. The "
      "steps are quantiles of N(0, 1), so that each picture represents the same share of the samples. This "
      "is the map of the clusters above: one kind of image turns into the next.",
      [&](const fs::path& png) { draw_manifold(runs.vae, 0, png); });
  page.figure(
      "interpolation.png",
      "From one test image to another (of two classes those that are most like their reconstructions, then "
      "the first two of one class). Fading the pixels shows both images at once; on the line between their "
      "codes a decoder shows one image that changes. The AE's line may cross places without codes. The "
      "CVAE's label goes from the one class to the other on the way, through mixtures that it has never "
      "been given.",
      [&](const fs::path& png) { draw_interpolation(runs, png); });
}

void tell_of_the_cvae(Page& page, const StoryRuns& runs, int32_t one_class) {
  page.report.heading("3. A CVAE generates a requested class");
  page.figure(
      "classes.png",
      "Samples of the CVAE, one class per row. The pictures of a column share one draw of z: what they have "
      "in common is what the code encodes.",
      [&](const fs::path& png) { draw_classes(runs, png); });
  page.figure("class-manifold.png",
              "The grid of codes again, of the CVAE given class " + runs.class_name(one_class) +
                  " everywhere. No region of the plane is another class: all of it is style.",
              [&](const fs::path& png) { draw_manifold(runs.cvae, one_class, png); });
  page.figure(
      "style-transfer.png",
      "Style transfer: a test image of each class on top, and below it the CVAE's decoding of this image's "
      "code under every class. The reconstructions are on the diagonal. All others show another class in "
      "the style of the image on top.",
      [&](const fs::path& png) { draw_style_transfer(runs, png); });
}

void link_reports(Page& page, const StoryRuns& runs) {
  page.report.heading("The three runs");
  const fs::path base = fs::absolute(page.folder);
  for (const StoryRun* run : runs.all()) {
    const fs::path report = fs::absolute(run->record.folder) / "report.html";
    if (fs::exists(report)) page.report.link(run->name + ": settings and results", fs::proximate(report, base));
  }
}

}  // namespace

void write_story_page(const StoryRuns& runs, int32_t one_class, const fs::path& folder) {
  std::vector<Codes> codes;
  for (const StoryRun* run : runs.all()) codes.push_back(codes_of(*run));
  codes_table(codes).write(folder / "codes.csv");
  Page page{folder, Report("Three autoencoders: AE, VAE and CVAE")};
  introduce(page, runs, codes);
  tell_of_the_ae(page, runs, codes);
  tell_of_the_vae(page, runs);
  tell_of_the_cvae(page, runs, one_class);
  link_reports(page, runs);
  page.report.write(folder / story_page_file);
}

}  // namespace elbow
