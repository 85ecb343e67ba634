"""Runs side by side: in which fields they differ, and what can be said of their scores over several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dec_core.analysis.spread import Spread, spread_of
from dec_core.config import RunConfig, applies
from dec_core.presets import PRESETS, nearest
from dec_core.runs.index import Entry

MOST_COMPARED = 8


def differing(configs: Sequence[RunConfig]) -> list[str]:
    """The fields in which configs differ, in the order in which they act; the seed is none of them.

    Only those configs count in which a field has an effect: that another one lacks the effect, its method says.
    """
    return [
        name
        for name in RunConfig.model_fields
        if name != "random_state" and len({getattr(config, name) for config in configs if applies(name, config)}) > 1
    ]


def changed_from(config: RunConfig) -> tuple[str, list[str]]:
    """The preset that a config is nearest to, and the fields that act and differ from it; the seed is none of them."""
    base = nearest(config)
    return base, [name for name in differing([PRESETS[base], config]) if applies(name, config)]


@dataclass(frozen=True)
class Setup:
    """Runs that are alike but for their seed, the first of them for all: the one that was chosen."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        return self.entries[0]

    @property
    def counted(self) -> tuple[Entry, ...]:
        """Those whose scores count: the finished ones; as long as the first trains or none has ended, it alone."""
        ended = tuple(entry for entry in self.entries if entry.status.state == "finished")
        return ended if ended and not self.first.active else self.entries[:1]

    def spread(self, score: str) -> Spread | None:
        """Of a score, or of "seconds" of training; None where no run has it."""
        values = [_value(entry, score) for entry in self.counted]
        return spread_of([value for value in values if value is not None])


def _value(entry: Entry, score: str) -> float | None:
    if score == "seconds":
        return entry.seconds if entry.status.state == "finished" else None
    return entry.status.outcome.get(score)


def setups(chosen: Sequence[Entry], known: Sequence[Entry], *, together: bool) -> list[Setup]:
    """The chosen runs; where `together`, each with all of `known` that are alike but for their seed.

    Runs whose config cannot be read stand alone. Of runs of the same seed the chosen one counts, else the newest.
    """
    if not together:
        return [Setup((entry,)) for entry in chosen]
    grouped: list[Setup] = []
    for entry in chosen:
        if not any(entry in setup.entries for setup in grouped):
            grouped.append(Setup((entry, *_siblings(entry, chosen, known))))
    return grouped


def _siblings(entry: Entry, chosen: Sequence[Entry], known: Sequence[Entry]) -> list[Entry]:
    """Other runs of the same set-up and owner, by seed; also of its own seed, where it did not come to its end."""
    if entry.config is None:
        return []
    sound = entry.active or entry.status.state == "finished"
    alike: dict[int, Entry] = {entry.config.random_state: entry} if sound else {}
    for other in (*chosen, *known):
        config = other.config
        if (
            other.id != entry.id
            and other.owner == entry.owner  # nobody's run stands for somebody else's
            and _are_alike(entry.config, config)
        ):
            before = alike.get(config.random_state)
            better = before is None or (before.status.state != "finished" and other.status.state == "finished")
            if better and before not in (entry, *chosen):
                alike[config.random_state] = other
    return [alike[seed] for seed in sorted(alike) if alike[seed] is not entry]


def _are_alike(config: RunConfig | None, other: RunConfig | None) -> bool:
    """Whether two configs differ in their seed at most."""
    return config is not None and other is not None and other.changed(random_state=config.random_state) == config


def setup_of(entry: Entry, known: Sequence[Entry], owner: str) -> Setup:
    """A run with those that are alike but for their seed; of somebody else's run, only what `owner` has trained so."""
    if entry.owner == owner:
        return setups([entry], known, together=True)[0]
    alike = [other for other in known if other.owner == owner and _are_alike(entry.config, other.config)]
    return setups(alike[:1], known, together=True)[0] if alike else Setup(())


def missing_seeds(setup: Setup, n_seeds: int) -> list[int]:
    """The seeds to train so that there are runs of `n_seeds` of them: the smallest that are not there yet.

    One that failed or was stopped does not count.
    """
    sound = [entry for entry in setup.entries if entry.active or entry.status.state == "finished"]
    trained = {entry.config.random_state for entry in sound if entry.config}
    wanted = max(n_seeds - len(trained), 0)
    return [seed for seed in range(n_seeds + len(trained)) if seed not in trained][:wanted]
