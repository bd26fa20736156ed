"""The replay buffer: it fills, exchanges, and is that of a loop over single fakes."""

import torch
from l1000_rnaseq.translate.step1.replay import ReplayBuffer


def mixed(buffer, fakes):
    return buffer.mix(fakes, *buffer.draw(len(fakes)))


def test_the_replay_buffer_fills_first_and_exchanges_half_later():
    buffer = ReplayBuffer(50, torch.Generator().manual_seed(0))
    fakes = torch.arange(2000.0)[:, None]
    assert torch.equal(mixed(buffer, fakes[:50]), fakes[:50])
    out = mixed(buffer, fakes[50:])
    old = out[:, 0] != fakes[50:, 0]
    assert 0.45 < old.float().mean() < 0.55 and (out[old] < fakes[50:][old]).all()
    # nothing is lost or doubled: what came in is either out or kept
    everything = torch.cat([out[:, 0], buffer.kept[:, 0]])
    assert sorted(everything.tolist()) == fakes[:, 0].tolist()


def test_the_replay_buffer_is_that_of_a_loop_over_single_fakes():
    generator = torch.Generator().manual_seed(3)
    buffer, kept = ReplayBuffer(5, torch.Generator().manual_seed(3)), []
    for number in range(6):
        fakes = torch.arange(4.0)[:, None] + 10 * number
        by_loop = []
        for fake in fakes:
            if len(kept) < 5:
                kept.append(fake)
                by_loop.append(fake)
            elif torch.rand((), generator=generator) < 0.5:
                drawn = int(torch.randint(5, (), generator=generator))
                by_loop.append(kept[drawn])
                kept[drawn] = fake
            else:
                by_loop.append(fake)
        assert torch.equal(mixed(buffer, fakes), torch.stack(by_loop))
        assert torch.equal(torch.stack(buffer.state_dict()["kept"]), torch.stack(kept))


def test_a_buffer_of_none_draws_nothing():
    assert ReplayBuffer(0, torch.Generator()).draw(3) == ()
