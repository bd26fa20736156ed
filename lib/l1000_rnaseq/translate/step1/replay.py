"""The replay buffer of a CycleGAN: fakes of earlier batches, for the discriminator (the published code)."""

import torch
from torch import Tensor


class ReplayBuffer:
    """Keep earlier fakes and hand back a mixture, so that the discriminator does not forget them.

    Parameters
    ----------
    size : int
        Fakes to keep; 0: none, and every batch comes back as it is.
    generator : Generator
        Of the draws.
    device : device
        Of the fakes.
    """

    def __init__(self, size: int, generator: torch.Generator, device: torch.device | str = "cpu"):
        self.size, self.generator, self.device, self.filled = size, generator, device, 0
        self.kept: Tensor | None = None

    def draw(self, n: int) -> tuple[Tensor, ...]:
        """Draw which rows of (kept, fakes) come back, and which are kept, for a batch of n fakes.

        About half of the fakes are exchanged for earlier ones, once the buffer is full.
        """
        if self.size == 0:
            return ()
        back, keep = [], list(range(self.size))
        for new in range(self.size, self.size + n):
            if self.filled < self.size:
                keep[self.filled] = new
                self.filled += 1
                back.append(new)
            elif torch.rand((), generator=self.generator) < 0.5:
                drawn = int(torch.randint(self.size, (), generator=self.generator))
                back.append(keep[drawn])
                keep[drawn] = new
            else:
                back.append(new)
        return torch.tensor(back), torch.tensor(keep)

    def mix(self, fakes: Tensor, back: Tensor, keep: Tensor) -> Tensor:
        """Return the mixture that was drawn (fakes × genes), and keep what is to be kept."""
        if self.kept is None:
            self.kept = torch.zeros((self.size, fakes.shape[1]), device=self.device)
        pool = torch.cat([self.kept, fakes])
        self.kept.copy_(pool[keep])
        return pool[back]

    def state_dict(self) -> dict:
        """Return what a checkpoint must keep: without it a resumed run would differ."""
        return {"kept": [] if self.kept is None else list(self.kept[: self.filled].cpu())}

    def load_state_dict(self, state: dict) -> None:
        """Put back what `state_dict` returned."""
        self.filled = len(state["kept"])
        if self.filled:
            kept = torch.stack(state["kept"])
            self.kept = torch.zeros((self.size, kept.shape[1]), device=self.device)
            self.kept[: self.filled] = kept
