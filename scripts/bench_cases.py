"""The training steps that are timed, on the CPU (bench.py) and on a GPU (gpu_times.py): experiments, and what the peers' programs call them."""
from dataclasses import dataclass


@dataclass
class Case:
    config: str
    steps: int  # in each repeat
    peer: str  # its name in the peers' programs
    jax: bool = False  # whether jax_peer.py has it
    settings: tuple = ()

    def arguments(self):
        """The settings as arguments of the program."""
        return [word for setting in self.settings for word in ("--set", setting)]


# The sizes of the peers' models, where an experiment has others.
FEATURES = ("training.batch_rows=64", "model.encoder=[256,256,256,256,256,512]", "model.latents=512", "model.decoder=[512,256,256,256,256,256]")
CASES = {
    "baseline": Case("baseline", 300, "baseline", jax=True),
    "features": Case("features", 40, "features", jax=True, settings=FEATURES),
    "dense-swissroll": Case("dense-swissroll", 40, "dense"),
    "residual-swissroll": Case("residual-swissroll", 40, "residual", settings=("model.latent=[512,512,512]",)),
    "fashion-conv": Case("fashion-conv", 6, "conv"),
}
