#include "cvae/onnx_export.hpp"

#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"
#include "base/machine.hpp"
#include "data/table_schema.hpp"

namespace elbow {
namespace {

// What whoever has the file alone must know of the columns: names, kinds and scaling.
Json features_json(const Dataset& set) {
  const TableCodec codec = codec_of(set);
  Json features = Json::array();
  for (size_t i = 0; i < codec.features().size(); ++i) {
    const Feature& f = codec.features()[i];
    Json json = {{"name", f.name},
                 {"kind", name_of_kind({.name = f.name, .kind = f.kind})},
                 {"first", f.first},
                 {"width", f.width}};
    if (!f.categories.empty()) json["categories"] = f.categories;
    if (is_numeric(f.kind)) json["mean"] = codec.scales()[i].mean, json["sd"] = codec.scales()[i].sd;
    features.push_back(json);
  }
  return features;
}

OnnxAbout about(const Experiment& e, const std::string& name) {
  Json attributes = Json::array(), terms = Json::array();
  for (const Attribute& a : e.data.train.attributes)
    attributes.push_back({{"name", a.column()},
                          {"classes", a.categorical() ? Json(a.classes()) : Json()},
                          {"categories", a.feature.categories}});
  for (const auto& term : e.loss.terms) terms.push_back(term->describe());
  const std::string kind = e.condition.by_pixels()       ? "pixels"
                           : e.condition.by_columns()    ? "columns"
                           : e.condition.by_attributes() ? "label"
                                                         : "none";
  OnnxAbout about{name,
                  machine().version,
                  {{"elbow_version", machine().version},
                   {"run", e.name},
                   {"columns", Json(column_names(e.data.train)).dump()},
                   {"features", features_json(e.data.train).dump()},
                   {"attributes", attributes.dump()},
                   {"condition", kind},
                   {"prior", e.model->has_standard_prior() ? "standard" : "learned"},
                   {"distortion", terms.dump()},
                   {"beta", Json(e.loss.beta).dump()}},
                  {}};
  for (const NamedTensor& t : e.model->named_tensors()) about.names.emplace_back(t.name, *t.tensor);
  return about;
}

// The inputs of a graph, by name. They are made of what the model was trained on.
class OnnxInputs {
 public:
  explicit OnnxInputs(const Experiment& e) : e_(e) {}

  void add(const std::string& name, int64_t columns, const std::string& doc) {
    for (const OnnxInput& input : inputs_)
      if (input.name == name) return;
    inputs_.push_back(rows_input(name, columns, doc));
  }
  void add_rows() {
    add("x", e_.data.train.columns(), "rows as the model sees them: scaled numbers, 0 and 1, one-hot columns");
    if (e_.data.train.observed)
      add("observed", e_.data.train.columns(), "1 where the entry of x is there, 0 where it is missing");
  }
  void add_latents() { add("z", e_.model->latents(), "latents"); }
  void add_condition() {
    const Condition& c = e_.condition;
    if (c.by_columns()) add("x", c.value_columns(), "rows as the model sees them; only what is given counts");
    if (c.by_attributes())
      add("attributes", c.value_columns(),
          "of each attribute the number of its category, from 0, or its value");
    if (c.may_withhold()) add("given", c.value_columns(), "1 where the value is given, 0 where it is withheld");
  }

  // The tensor of that name among those of a batch; undefined where there is none.
  Tensor of(const std::vector<Tensor>& batch, const std::string& name) const {
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (inputs_[i].name == name) return batch[i];
    return {};
  }
  // c, and what the encoder sees of x.
  Tensor condition(const std::vector<Tensor>& batch) const {
    Tensor given = of(batch, "given");
    const Tensor observed = of(batch, "observed");
    if (e_.condition.by_columns() && observed) given = given * observed;  // what is missing is not given
    return e_.condition.in_ops(of(batch, e_.condition.by_columns() ? "x" : "attributes"), given);
  }
  Tensor encoded(const std::vector<Tensor>& batch) const {
    const Tensor x = of(batch, "x"), observed = of(batch, "observed");
    return observed ? concat(where(observed, x, 0.0), observed, 1) : x;
  }
  // The graph of that name: what `outputs` makes of a batch.
  OnnxModel graph(const std::string& name,
                  const std::function<std::vector<OnnxOutput>(const std::vector<Tensor>&)>& outputs) const {
    return onnx_model(inputs_, outputs, about(e_, name));
  }

 private:
  const Experiment& e_;
  std::vector<OnnxInput> inputs_;
};

OnnxModel encoder(const Experiment& e) {
  OnnxInputs in(e);
  in.add_rows();
  in.add_condition();
  return in.graph("encoder", [&](const std::vector<Tensor>& batch) {
    const Posterior q = e.model->encode(in.encoded(batch), in.condition(batch));
    std::vector<OnnxOutput> out{{"mean", "of q(z | x, c)", q.mu}};
    if (!e.loss.autoencoder) out.push_back({"log_var", "log-variance of q(z | x, c)", q.log_var});
    if (q.axes) out.push_back({"axes", "along which the variances are, as rows", q.axes});
    return out;
  });
}

OnnxModel decoder(const Experiment& e) {
  OnnxInputs in(e);
  in.add_latents();
  in.add_condition();
  return in.graph("decoder", [&](const std::vector<Tensor>& batch) -> std::vector<OnnxOutput> {
    const Tensor c = in.condition(batch), y = e.model->decode(in.of(batch, "z"), c);
    return {{"outputs", "the parameters of p(x | z, c)", y},
            {"values", "what they expect of x; for categories their probabilities", values_of(e.loss, y, c)}};
  });
}

OnnxModel normal_prior(const Experiment& e) {
  OnnxInputs in(e);
  in.add_condition();
  return in.graph("prior", [&](const std::vector<Tensor>& batch) -> std::vector<OnnxOutput> {
    const DiagonalNormal p = e.model->prior(in.condition(batch)).normal;
    return {{"mean", "of p(z | c)", p.mu}, {"log_var", "log-variance of p(z | c)", p.log_var}};
  });
}

OnnxModel draw_of_prior(const Experiment& e) {
  OnnxInputs in(e);
  in.add("noise", e.model->latents(), "draws from N(0, 1)");
  in.add("choice", 1, "draws that are uniform in 0..1");
  in.add_condition();
  return in.graph("prior", [&](const std::vector<Tensor>& batch) -> std::vector<OnnxOutput> {
    const ConditionedPrior p = e.model->prior(in.condition(batch));
    return {{"z", "a draw from p(z | c)", p.draw(in.of(batch, "noise"), in.of(batch, "choice"))}};
  });
}

OnnxModel density_of_prior(const Experiment& e) {
  OnnxInputs in(e);
  in.add_latents();
  in.add_condition();
  return in.graph("prior_density", [&](const std::vector<Tensor>& batch) -> std::vector<OnnxOutput> {
    const ConditionedPrior p = e.model->prior(in.condition(batch));
    return {{"log_density", "log p(z | c) in nats", p.log_density(in.of(batch, "z"))}};
  });
}

}  // namespace

std::vector<std::string> onnx_file_names() {
  return {"encoder.onnx", "decoder.onnx", "prior.onnx", "prior_density.onnx"};
}

std::map<std::string, OnnxModel> onnx_files(const Experiment& e) {
  std::map<std::string, OnnxModel> files;
  const auto add = [&](const std::string& name, OnnxModel (*make)(const Experiment&)) {
    try {
      files[name] = make(e);
    } catch (const Error& error) { throw Error(str(name, " cannot be made: ", error.what())); }
  };
  add("encoder.onnx", encoder);
  add("decoder.onnx", decoder);
  if (!e.model->has_standard_prior())
    add("prior.onnx", e.model->has_normal_prior() ? normal_prior : draw_of_prior);
  if (!e.model->has_normal_prior()) add("prior_density.onnx", density_of_prior);
  return files;
}

}  // namespace elbow
