"""The growing cache holds what concatenating would hold."""

from __future__ import annotations

import torch

from sealmate.model.slab import SlabLayer, slab_cache


def test_a_slab_grows_and_drops_rows() -> None:
    torch.manual_seed(0)
    keys, values = torch.randn(3, 2, 4, 5), torch.randn(3, 2, 4, 5)
    cache = slab_cache([(keys.clone(), values.clone())], 4)
    layer = cache.layers[0]
    assert isinstance(layer, SlabLayer)
    for step in range(40):
        if step == 20:
            layer.keep(torch.tensor([0, 2]))
            keys, values = keys[[0, 2]], values[[0, 2]]
        more = torch.randn(keys.shape[0], 2, 1 + step % 3, 5)
        keys, values = torch.cat([keys, more], 2), torch.cat([values, -more], 2)
        got_keys, got_values = layer.update(more, -more)
        assert torch.equal(got_keys, keys)
        assert torch.equal(got_values, values)
        assert layer.get_seq_length() == keys.shape[2]
