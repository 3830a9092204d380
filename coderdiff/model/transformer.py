"""One transformer stack for every family: RMSNorm, rotary attention, SwiGLU or experts, chosen by `ModelSpec` alone.

It knows neither caches nor canvases: positions and attention are arguments (`model/attention.py`).
Weights may be kept in a wider type than the activations (training): each layer casts to what flows through it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coderdiff.model.attention import Attend
from coderdiff.model.experts import Experts
from coderdiff.model.products import PackedLinear, RoundedLinear, linear, rounded
from coderdiff.model.rope import frequencies, tables, turn
from coderdiff.model.spec import ModelSpec


class Linear(nn.Linear):
    """A linear map that computes in its input's type; on matrix units once it is packed."""

    packed: PackedLinear | None = None

    def forward(self, x: Tensor) -> Tensor:
        """[..., in] -> [..., out]."""
        if self.packed is not None:
            return self.packed(x)
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return linear(x, self.weight.to(x.dtype), bias)


class Norm(nn.Module):
    """Root-mean-square norm (arXiv 1910.07467) over the last dimension; sums of squares in float32."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """[..., width] -> the same."""
        wide = x.float()
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return (wide * scale).to(x.dtype) * self.weight.to(x.dtype)


class SelfAttention(nn.Module):
    """Grouped-query attention with rotary positions; optional bias and per-head norm on queries and keys."""

    packed: PackedLinear | None = None

    def __init__(self, spec: ModelSpec, layer: int) -> None:
        super().__init__()
        self.layer, self.head_dim = layer, spec.head_dim
        self.q = Linear(spec.width, spec.heads * spec.head_dim, bias=spec.qkv_bias)
        self.k = Linear(spec.width, spec.kv_heads * spec.head_dim, bias=spec.qkv_bias)
        self.v = Linear(spec.width, spec.kv_heads * spec.head_dim, bias=spec.qkv_bias)
        self.o = Linear(spec.heads * spec.head_dim, spec.width, bias=False)
        self.q_norm = Norm(spec.head_dim, spec.norm_eps) if spec.qk_norm else nn.Identity()
        self.k_norm = Norm(spec.head_dim, spec.norm_eps) if spec.qk_norm else nn.Identity()

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, attend: Attend, wanted: Tensor | None = None
    ) -> Tensor:
        """[batch, rows, width] -> the same, mixed over the rows that `attend` lets each see; of `wanted` rows only."""
        turning = (cos, sin) if wanted is None else (cos[:, :, wanted], sin[:, :, wanted])
        asked, keys, values = self._projected(x, wanted)
        query = turn(self.q_norm(self._heads(asked)), *turning).to(values.dtype)
        key = turn(self.k_norm(self._heads(keys)), cos, sin).to(values.dtype)
        mixed = attend(self.layer, query, key, self._heads(values))
        out: Tensor = self.o(mixed.transpose(1, 2).flatten(2))
        return out

    def pack(self) -> None:
        """From now on, make queries, keys and values in one product on matrix units."""
        parts = (self.q, self.k, self.v)
        self.packed = PackedLinear([part.weight for part in parts], [part.bias for part in parts])
        self.o.packed = PackedLinear([self.o.weight], [self.o.bias])

    def _projected(self, x: Tensor, wanted: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries of the wanted rows, keys and values of all, [batch, rows, heads * head_dim] each."""
        if self.packed is None:
            return self.q(x if wanted is None else x[:, wanted]), self.k(x), self.v(x)
        query, key, value = torch.split(self.packed(x), self.packed.sizes, dim=-1)
        return query if wanted is None else query[:, wanted], key, value

    def _heads(self, x: Tensor) -> Tensor:
        """[batch, rows, heads * head_dim] -> [batch, heads, rows, head_dim]."""
        return x.view(*x.shape[:-1], x.shape[-1] // self.head_dim, self.head_dim).transpose(1, 2)


class FeedForward(nn.Module):
    """SwiGLU (arXiv 2002.05202)."""

    packed: PackedLinear | None = None

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate = Linear(width, hidden, bias=False)
        self.up = Linear(width, hidden, bias=False)
        self.down = Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[..., width] -> the same."""
        if self.packed is None:
            gate, up = self.gate(x), self.up(x)
        else:
            gate, up = self.packed(x).chunk(2, dim=-1)
        out: Tensor = self.down(F.silu(gate) * up)
        return out

    def pack(self) -> None:
        """From now on, make gate and up in one product on matrix units."""
        self.packed = PackedLinear([self.gate.weight, self.up.weight], [self.gate.bias, self.up.bias])
        self.down.packed = PackedLinear([self.down.weight], [self.down.bias])


class Layer(nn.Module):
    """Attention and feed-forward, each behind a norm and added to the residual stream."""

    def __init__(self, spec: ModelSpec, index: int) -> None:
        super().__init__()
        self.attention_norm = Norm(spec.width, spec.norm_eps)
        self.attention = SelfAttention(spec, index)
        self.feed_forward_norm = Norm(spec.width, spec.norm_eps)
        self.feed_forward = _feed_forward(spec, index)

    def forward(
        self,
        x: Tensor,
        positions: Tensor,
        cos: Tensor,
        sin: Tensor,
        attend: Attend,
        wanted: Tensor | None = None,
    ) -> Tensor:
        """x [batch, rows, width] and positions [batch, rows] -> as x; of `wanted` rows only, if given: the others are
        just looked at."""
        mixed = self.attention(self.attention_norm(x), cos, sin, attend, wanted)
        if wanted is not None:
            x, positions = x[:, wanted], positions[:, wanted]
        x = x + mixed
        normed = self.feed_forward_norm(x)
        if isinstance(self.feed_forward, Experts):
            out: Tensor = x + self.feed_forward(normed, positions)
        else:
            out = x + self.feed_forward(normed)
        return out


def _feed_forward(spec: ModelSpec, layer: int) -> FeedForward | Experts:
    experts = spec.experts
    if experts is None or layer < experts.dense_layers:
        return FeedForward(spec.width, spec.hidden)
    shared = FeedForward(spec.width, experts.shared_hidden) if experts.shared_hidden else None
    return Experts(spec.width, experts, spec.block_size, shared)


class Transformer(nn.Module):
    """Token ids and positions -> hidden states; `logits` turns chosen hidden rows into vocabulary scores."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self._scores: RoundedLinear | None = None
        self.embedding = nn.Embedding(spec.vocab_size, spec.width)
        self.layers = nn.ModuleList(Layer(spec, index) for index in range(spec.layers))
        self.norm = Norm(spec.width, spec.norm_eps)
        self.head = None if spec.tied_head else Linear(spec.width, spec.vocab_size, bias=False)
        inverse, self.rotary_factor = frequencies(spec.rope, spec.head_dim)
        self.register_buffer("inverse_frequencies", inverse, persistent=False)
        self.inverse_frequencies: Tensor

    def forward(
        self,
        ids: Tensor,
        positions: Tensor,
        attend: Attend,
        dtype: torch.dtype | None = None,
        wanted: Tensor | None = None,
    ) -> Tensor:
        """ids and positions [batch, rows] -> hidden [batch, rows, width], normed; computed in `dtype` if given.

        `wanted` (indices) asks for the hidden states of these rows only: the last layer computes no others, and
        asks `attend` for these.
        """
        x = self.embedding(ids)
        if dtype is not None:
            x = x.to(dtype)
        cos, sin = tables(positions, self.inverse_frequencies, self.rotary_factor, x.dtype)
        last = len(self.layers) - 1
        for index, layer in enumerate(self.layers):
            x = layer(x, positions, cos, sin, attend, wanted if index == last else None)
        out: Tensor = self.norm(x)
        return out

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden [..., width] -> logits [..., vocab] in hidden's type: call it on the rows that are read."""
        if self._scores is not None:
            return self._scores(hidden)
        return linear(hidden, self.head_weight.to(hidden.dtype))

    def use_matrix_units(self) -> None:
        """From now on, make products as `model/products.py` says. The network's weights must be float32 on a CPU.

        Keys and values are then kept, and attended to, in bfloat16; between layers, and in logits, there is float32.
        Experts stay as they are.
        """
        for module in self.modules():
            if isinstance(module, SelfAttention | FeedForward):
                module.pack()
        self.head_weight.data = rounded(self.head_weight.data)
        self._scores = RoundedLinear(self.head_weight.data)

    @property
    def on_matrix_units(self) -> bool:
        """Whether products are made so."""
        return self._scores is not None

    @property
    def kept_type(self) -> torch.dtype:
        """The type in which keys and values are kept and attended to: what matrix units take, where they are used."""
        return torch.bfloat16 if self.on_matrix_units else self.embedding.weight.dtype

    @property
    def head_weight(self) -> Tensor:
        """The weights [vocab, width] that turn hidden states into logits."""
        return self.embedding.weight if self.head is None else self.head.weight

    @property
    def parameters_count(self) -> int:
        """Number of weights, tied ones once."""
        return sum(p.numel() for p in self.parameters())
