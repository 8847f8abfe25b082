#include "experiments/analyses/analysis.hpp"

#include "autograd/tape.hpp"
#include "base/text.hpp"
#include "experiments/analyses/analyses.hpp"

namespace elbow {

// The list of analyses: {name, what it does, when it applies, the function, the check of its settings if any}.
const std::vector<Analysis>& analyses() {
  static const std::vector<Analysis> list = {
      {"selection", "Greedy selection: which features are worth giving, the most useful first",
       selection_applies, selection_analysis},
      {"latent_space", "The latent space next to the data, coloured by the data's coordinate or class",
       latent_space_applies, latent_space_analysis},
      {"pca", "Principal components of the test rows", pca_applies, pca_analysis},
      {"frechet", "Frechet distance of generated from real rows by number of given features", frechet_applies,
       frechet_analysis},
      {"calibration",
       "Calibration of the conditional distributions: coverage of intervals, PIT, CRPS, energy score",
       calibration_applies, calibration_analysis},
      {"factors",
       "What the latents know of the factors that the data were made from, and how they separate them",
       factors_apply, factors_analysis},
      {"image_scores", "Scores of generated images: FID, KID, precision, recall, blur, label consistency",
       image_scores_apply, image_scores_analysis, check_image_scores},
      {"inpainting",
       "Holes in test images, filled several times: pictures, PSNR and likelihood by kind of mask",
       inpainting_applies, inpainting_analysis},
  };
  return list;
}

namespace {

const Analysis* find(const std::string& name) {
  for (const Analysis& a : analyses())
    if (name == a.name) return &a;
  return nullptr;
}

}  // namespace

std::vector<std::string> analyses_of(const Experiment& e) {
  if (e.evaluation.analyses) return *e.evaluation.analyses;
  std::vector<std::string> names;
  for (const Analysis& a : analyses())
    if (a.applies(e)) names.emplace_back(a.name);
  return names;
}

void check_analyses(const Experiment& e, const std::vector<std::string>& names,
                    const std::optional<std::string>& features) {
  std::vector<std::string> known;
  for (const Analysis& a : analyses()) known.emplace_back(a.name);
  const auto refuse = [&](const std::string& why) { e.settings.section("evaluation").fail("analyses", why); };
  for (const std::string& name : names) {
    const Analysis* a = find(name);
    if (!a)
      refuse(
          str("there is no analysis '", name, "'; there are ", quoted_list(known), did_you_mean(name, known)));
    else if (!a->applies(e))
      refuse(str("'", name, "' does not apply to this experiment"));
    else if (a->check)
      a->check(e, features);
  }
}

AnalysesDone make_analyses(const Experiment& e, const std::vector<std::string>& names,
                           AnalysisContext& context) {
  const bool training = e.model->training();
  e.model->train(false);
  const NoGrad no_grad;
  AnalysesDone done;
  for (const std::string& name : names)
    attempt(done.problems, name, [&] {
      const AnalysisResult result = find(name)->run(e, context);
      done.made.push_back(name);
      done.text += result.text;
      for (const AnalysisResult::Figure& figure : result.figures)
        attempt(done.problems, name, [&] {
          figure.draw(context.folder.file(figure.file));
          done.figures.push_back(figure);
        });
    });
  e.model->train(training);
  return done;
}

}  // namespace elbow
