"""Chance by name: equal names give equal draws, and streams do not touch each other."""

import pytest

from simulators.dice import Dice, pick


def draws(dice: Dice, count: int = 5) -> list[float]:
    return [dice.random() for _ in range(count)]


def test_stream_with_equal_seed_and_name_draws_the_same() -> None:
    assert draws(Dice(7).fork("hospital/orders")) == draws(Dice(7).fork("hospital").fork("orders"))


def test_stream_of_another_name_or_seed_draws_differently() -> None:
    base = draws(Dice(7).fork("orders"))
    assert base != draws(Dice(7).fork("couriers"))
    assert base != draws(Dice(8).fork("orders"))


def test_new_draw_in_one_stream_shifts_no_other() -> None:
    quiet, busy = Dice(7), Dice(7)
    busy.random()
    busy.fork("new stream").normal()
    busy.fork("orders").random()
    busy.unit("a keyed draw")
    assert draws(quiet.fork("orders")) == draws(busy.fork("orders"))


def test_first_draws_of_a_stream_stay_as_they_are() -> None:
    """Pinned: a change here changes every shift that was ever made from a seed."""
    dice = Dice(1).fork("pinned")
    drawn = [
        dice.integer(1, 6),
        dice.choice("abcdef"),
        dice.poisson(4.0),
        dice.integer(0, 999_999),
    ]
    assert drawn == [1, "e", 4, 432_852]
    assert round(Dice(1).unit("pinned"), 12) == 0.213152982318


def test_moments_of_the_distributions() -> None:
    dice = Dice(11)
    many = 20_000
    assert sum(dice.normal(5, 2) for _ in range(many)) / many == pytest.approx(5, abs=0.05)
    assert sum(dice.exponential(3) for _ in range(many)) / many == pytest.approx(3, abs=0.1)
    assert sum(dice.poisson(2.5) for _ in range(many)) / many == pytest.approx(2.5, abs=0.05)
    assert sum(dice.poisson(90) for _ in range(500)) / 500 == pytest.approx(90, abs=2)
    assert sorted(dice.lognormal(1, 0.5) for _ in range(4_001))[2_000] == pytest.approx(2.718, abs=0.1)


def test_keyed_scores_are_standard_normal() -> None:
    names = [f"draw {number}" for number in range(5_000)]
    scores = Dice(3).scores(names)
    assert scores == [Dice(3).score(name) for name in names]
    assert sum(scores) / 5_000 == pytest.approx(0, abs=0.05)
    assert sum(score**2 for score in scores) / 5_000 == pytest.approx(1, abs=0.06)


def test_integer_reaches_both_ends_and_nothing_beyond() -> None:
    dice = Dice(5)
    assert {dice.integer(1, 3) for _ in range(100)} == {1, 2, 3}


def test_integer_of_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing lies between"):
        Dice(5).integer(3, 1)


def test_weighted_follows_the_weights_and_never_draws_a_zero() -> None:
    dice = Dice(5)
    drawn = [dice.weighted({"a": 3.0, "never": 0.0, "b": 1.0}) for _ in range(4_000)]
    assert set(drawn) == {"a", "b"}
    assert drawn.count("a") / 4_000 == pytest.approx(0.75, abs=0.03)


def test_pick_at_the_very_end_takes_the_last_key() -> None:
    assert pick(1.0, {"a": 1.0, "b": 1.0}) == "b"


def test_shuffle_keeps_the_items_and_sample_takes_different_ones() -> None:
    dice = Dice(5)
    items = list(range(20))
    dice.shuffle(items)
    assert items != list(range(20))
    assert sorted(items) == list(range(20))
    assert len(set(dice.sample(items, 7))) == 7
