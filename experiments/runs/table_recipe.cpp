#include "experiments/runs/table_recipe.hpp"

#include <nlohmann/json.hpp>

namespace elbow {

Json table_recipe() {
  return Json::parse(R"json({
  "condition": {"kind": "columns", "given": "auto"},
  "model": {
    "kind": "mlp", "base": "gaussian", "encoder": [128, 128], "latents": 16, "decoder": [128, 128], "dropout": "auto"
  },
  "loss": {"beta": 1, "scale": "column", "kl_warmup_steps": 500},
  "training": {
    "epochs": "auto",
    "batch_rows": 64,
    "optimizer": {"kind": "adamw", "weight_decay": 0.05},
    "schedule": {"kind": "cosine", "learning_rate": 0.002},
    "freeze_batch_norm_after": 0.67,
    "validation": {"fraction": "auto"}
  }
})json");
}

}  // namespace elbow
