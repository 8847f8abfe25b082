#include "cvae/checkpoint.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace {

// Tensors of the optimiser are stored along with the model's, under this prefix.
const std::string prefix = "optimizer.";
// The best model so far, under this one.
const std::string best_prefix = "best.";
// The loss, distortion and KL of the steps of a started epoch, [steps, 3] float64.
const std::string steps_tensor = "epoch.steps";

// The losses of an epoch as a list of numbers, some of which need not be finite: a single batch has no standard error.
// Those on validation rows follow where there are any.
Json to_json(const EpochLosses& e, bool validation) {
  Json out = {e.epoch};
  for (const Losses* c : {&e.train, &e.test, &e.validation})
    if (c != &e.validation || validation)
      for (const Estimate* v : {&c->loss, &c->distortion, &c->kl}) {
        out.push_back(json_number(v->mean));
        out.push_back(json_number(v->standard_error));
      }
  return out;
}

EpochLosses epoch_from(const Json& list, bool validation) {
  EpochLosses e;
  size_t at = 0;
  e.epoch = int64_t(list.at(at++).get_ref<const Json::number_unsigned_t&>());
  for (Losses* c : {&e.train, &e.test, &e.validation})
    for (Estimate* v : {&c->loss, &c->distortion, &c->kl}) {
      if (c == &e.validation && !validation) continue;
      v->mean = number_from(list.at(at++));
      v->standard_error = number_from(list.at(at++));
    }
  return e;
}

Tensor to_tensor(const std::vector<LossTerms<double>>& steps) {
  std::vector<double> values;
  for (const auto& c : steps) values.insert(values.end(), {c.loss, c.distortion, c.kl});
  return Tensor::from(values, {int64_t(steps.size()), 3});
}

std::vector<LossTerms<double>> steps_from(const Tensor& losses) {
  if (losses.rank() != 2 || losses.size(1) != 3 || losses.dtype() != DType::float64)
    fail("resume", steps_tensor, " is not a matrix [steps, 3] of float64");
  std::vector<LossTerms<double>> steps;
  for (int64_t i = 0; i < losses.size(0); ++i) {
    const double* c = losses.data<double>() + 3 * i;  // [3]
    steps.push_back({c[0], c[1], c[2]});
  }
  return steps;
}

// Runs f and puts the file's name before whatever it complains about.
template <class F> auto naming(const std::filesystem::path& path, F f) {
  try {
    return f();
  } catch (const Json::exception&) {
    throw Error(path.string() + ": its metadata are damaged");
  } catch (const Error& e) { throw Error(path.string() + ": " + e.what()); }
}

// The output of a model that holds a NaN is NaN.
void set_finite_state(Module& model, const std::map<std::string, Tensor>& tensors) {
  for (const auto& [name, tensor] : tensors)
    if (!all_finite(tensor))
      throw Error(
          str("the tensor ", name, " holds a number that is not finite: the file is damaged; train again"));
  set_state(model, tensors);
}

// The tensors under a prefix, without it; they are taken out.
std::map<std::string, Tensor> take(std::map<std::string, Tensor>& tensors, const std::string& prefix) {
  std::map<std::string, Tensor> taken;
  for (const auto& [name, tensor] : tensors)
    if (name.starts_with(prefix)) taken[name.substr(prefix.size())] = tensor;
  std::erase_if(tensors, [&](const auto& entry) { return entry.first.starts_with(prefix); });
  return taken;
}

}  // namespace

void save_model(const std::filesystem::path& path, const Experiment& experiment, int64_t epochs) {
  save_safetensors(path,
                   {state_of(*experiment.model),
                    {{"name", experiment.name}, {"seed", str(experiment.seed)}, {"epochs", str(epochs)}}});
}

void load_model(const std::filesystem::path& path, Cvae& model) {
  const SafeTensors file = load_safetensors(path);
  naming(path, [&] { set_finite_state(model, file.tensors); });
}

int64_t load_model_of_checkpoint(const std::filesystem::path& path, Cvae& model) {
  SafeTensors file = load_safetensors(path);
  return naming(path, [&] {
    const auto best = take(file.tensors, best_prefix);
    take(file.tensors, prefix);
    file.tensors.erase(steps_tensor);
    set_finite_state(model, best.empty() ? file.tensors : best);
    return Json::parse(file.metadata[best.empty() ? "epochs_done" : "best_epoch"]).get<int64_t>();
  });
}

void save_checkpoint(const std::filesystem::path& path, const Experiment& experiment, Training& training,
                     const std::vector<EpochLosses>& epochs) {
  SafeTensors file{state_of(*experiment.model), {}};
  for (const auto& [name, tensor] : training.optimizer().buffers())
    file.tensors[prefix + name] = tensor.to(Device::cpu);
  if (!training.steps_of_epoch().empty()) file.tensors[steps_tensor] = to_tensor(training.steps_of_epoch());
  Json losses = Json::array();
  const bool validation = experiment.training.validation.on();
  for (const EpochLosses& e : epochs) losses.push_back(to_json(e, validation));
  file.metadata = {{"steps", str(training.optimizer().steps())},
                   {"epochs_done", str(training.epochs_done())},
                   {"train_seconds", json_number(training.train_seconds()).dump()},
                   {"dropout_step", str(experiment.dropout_stream.state().step)},
                   {"epochs", losses.dump()}};
  if (validation) {
    const BestModel& best = training.best();
    for (const auto& [name, tensor] : best.state()) file.tensors[best_prefix + name] = tensor;
    file.metadata["best_epoch"] = str(best.epoch());
    file.metadata["best_loss"] = json_number(best.loss()).dump();
  }
  save_safetensors(path, file);
}

std::vector<EpochLosses> load_checkpoint(const std::filesystem::path& path, Experiment& experiment,
                                         Training& training) {
  SafeTensors file = load_safetensors(path);
  return naming(path, [&] {
    const auto number = [&](const char* key) {
      const Json value = Json::parse(file.metadata[key]);
      if (!value.is_number_unsigned()) fail("resume", key, " is not a count");
      return value.get<int64_t>();
    };
    std::vector<EpochLosses> epochs;
    const bool validation = experiment.training.validation.on();
    for (const Json& e : Json::parse(file.metadata["epochs"])) epochs.push_back(epoch_from(e, validation));
    const int64_t steps = number("steps"), done = number("epochs_done"), dropout_step = number("dropout_step");
    const double seconds = number_from(Json::parse(file.metadata["train_seconds"]));
    std::vector<LossTerms<double>> started;
    if (const auto found = file.tensors.find(steps_tensor); found != file.tensors.end()) {
      started = steps_from(found->second);
      file.tensors.erase(found);
    }
    const int64_t per_epoch = training.steps_per_epoch(), of_epoch = int64_t(started.size());
    if (done != int64_t(epochs.size()) || of_epoch >= std::max<int64_t>(per_epoch, 1) ||
        steps != done * per_epoch + of_epoch)
      fail("resume", "its counters contradict each other: ", done, " epochs, ", epochs.size(),
           " lines of losses, ", steps, " steps of ", per_epoch, " an epoch, ", of_epoch, " of the last");
    for (const auto& [name, tensor] : training.optimizer().buffers()) {
      const auto found = file.tensors.find(prefix + name);
      if (found == file.tensors.end()) fail("resume", "there is no tensor named ", prefix, name);
      Tensor(tensor).copy_(found->second);
      file.tensors.erase(found);
    }
    if (validation) {
      auto best = take(file.tensors, best_prefix);
      const int64_t epoch = number("best_epoch");
      const double loss = number_from(Json::parse(file.metadata["best_loss"]));
      if (epoch > done || (epoch > 0) == best.empty())
        fail("resume", "its best model is that of epoch ", epoch, " of ", done, ", in ", best.size(),
             " tensors");
      if (!best.empty()) set_finite_state(*experiment.model, best);  // whether they fit
      training.best().set(epoch, loss, std::move(best));
    }
    set_finite_state(*experiment.model, file.tensors);
    training.optimizer().set_steps(steps);
    training.set_done(done, std::move(started), seconds);
    experiment.dropout_stream.set_step(uint64_t(dropout_step));
    return epochs;
  });
}

}  // namespace elbow
