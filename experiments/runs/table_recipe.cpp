#include "experiments/runs/table_recipe.hpp"

#include <nlohmann/json.hpp>

namespace elbow {

Json table_recipe() {
  return Json::parse(R"json({
  "condition": {"kind": "columns", "given": 0.5},
  "model": {"kind": "mlp", "encoder": [64, 64], "latents": 16, "decoder": [64, 64], "dropout": 0.1},
  "loss": {"beta": 1, "kl_warmup_steps": 500},
  "training": {
    "epochs": 60,
    "batch_rows": 64,
    "optimizer": {"kind": "adamw", "weight_decay": 0.05},
    "schedule": {"kind": "cosine", "learning_rate": 0.002},
    "freeze_batch_norm_after": 0.67
  }
})json");
}

}  // namespace elbow
