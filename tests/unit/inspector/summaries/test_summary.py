"""A summary says what the tensor would say, as far as a sample can, and never more than that."""

import math

import numpy as np
import pytest
import torch

from ipo.inspector.summaries.step_summaries import RunningSummaries, StepSummaries
from ipo.inspector.summaries.summary import BINS, SAMPLE, TensorSummary, sample_stride, sampled_view

SHAPES = [(4096, 512), (3, 5, 7, 11, 13), (100_003,), (64, 3, 32, 32), (2, 2**14), (SAMPLE + 1,)]


def summarized(values: torch.Tensor, measure: bool = True) -> TensorSummary:
    running = RunningSummaries()
    running.take({"a": values}, measure=measure)
    return StepSummaries(running.packed())["a"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sample_meets_every_axis_evenly(shape: tuple[int, ...]) -> None:
    stride = sample_stride(shape)
    assert all(math.gcd(stride, length) == 1 for length in shape)
    count = len(summarized(torch.zeros(shape)).sample)
    assert SAMPLE / 2 < count <= SAMPLE
    for axis, length in enumerate(shape):
        _, counts = summarized(torch.zeros(shape)).channel_means(axis)
        assert counts.sum() == count
        if length < SAMPLE / 8:
            assert counts.max() <= 1.5 * counts.mean() + 1 and counts.min() > 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_norm_is_of_all_values_and_the_rest_of_the_sample(dtype: torch.dtype) -> None:
    values = torch.randn(300, 401, generator=torch.Generator().manual_seed(0)).to(dtype)
    summary, sample = summarized(values), sampled_view(values).float().numpy()
    assert summary.shape == (300, 401) and summary.size == values.numel()
    assert summary.norm == pytest.approx(float(values.double().norm()), rel=1e-3)
    assert np.array_equal(summary.sample, sample)
    assert summary.mean == pytest.approx(sample.mean(dtype=np.float64))
    assert summary.sd == pytest.approx(sample.std(dtype=np.float64))
    assert summary.absmax == np.abs(sample).max()
    counts, edges = summary.histogram
    assert counts.shape == (BINS,) and counts.sum() == len(sample)
    assert (edges[0], edges[-1]) == (sample.min(), sample.max())


def test_channel_means_are_those_of_the_sampled_places() -> None:
    values = torch.arange(40.0)[:, None].expand(40, 900).contiguous()
    means, _ = summarized(values).channel_means(0)
    assert np.allclose(means, np.arange(40))


def test_values_that_are_not_contiguous_are_sampled_in_their_own_order() -> None:
    values = torch.randn(100, 90)
    assert np.array_equal(summarized(values.t()).sample, summarized(values.t().contiguous()).sample)


def test_what_was_not_measured_is_estimated() -> None:
    values = torch.randn(1000, 300, generator=torch.Generator().manual_seed(0))
    summary = summarized(values, measure=False)
    assert summary.norm is None
    assert summary.length == pytest.approx(float(values.norm()), rel=0.1)


def test_a_single_nan_shows_in_the_norm_and_only_counts_where_it_is_sampled() -> None:
    values = torch.ones(300, 300)
    values[299, 299] = torch.nan  # between two places of the sample
    summary = summarized(values)
    assert math.isnan(summary.length) and summary.not_finite == 0
    values[0, 0] = torch.inf  # the first place of the sample
    summary = summarized(values)
    assert summary.not_finite == 1 and summary.absmax == 1 and summary.histogram[0].sum() > 0


def test_lengths_are_those_of_the_summaries() -> None:
    running = RunningSummaries()
    running.take({"a": torch.randn(90, 90), "b": torch.full((80, 80), 2.0)})
    running.take({"c": torch.randn(70, 70)}, measure=False)
    packed = running.packed()
    lengths, summaries = running.lengths(packed), StepSummaries(packed)
    assert list(lengths) == list(summaries) == ["a", "b", "c"]
    for key, length in lengths.items():
        assert length == pytest.approx(summaries[key].length)


def test_what_is_added_has_the_sum_of_both_samples_and_no_norm() -> None:
    running, first, second = RunningSummaries(), torch.randn(90, 90), torch.randn(90, 90)
    running.take({"a": first})
    running.take({"a": second}, add=True)
    summary = StepSummaries(running.packed())["a"]
    assert np.allclose(summary.sample, sampled_view(first + second).numpy(), atol=1e-6)
    assert summary.norm is None


def test_a_step_without_summaries_stores_nothing() -> None:
    assert RunningSummaries().packed() == {} and len(StepSummaries({})) == 0
