"""Events in words, for who watches a training in a terminal: a line for each epoch, each step of UMAP, each update."""

from __future__ import annotations

from dec_core.training.events import (
    CentersInitialized,
    Event,
    Finished,
    PretrainProgress,
    TargetProgress,
    TargetUpdated,
)


def event_line(event: Event) -> str:
    """What an event says; "" for those that come between epochs and updates, and for `Diverged`, which is an error."""
    match event:
        case PretrainProgress(epoch_ended=True):
            return f"epoch {event.epoch} of {event.n_epochs}: mean squared error {event.loss:.4g}"
        case TargetProgress():
            return event.words
        case CentersInitialized():
            return f"centers placed: inertia {event.inertia:.4g}"
        case TargetUpdated():
            divergence = "" if event.kl_divergence is None else f", KL(p || q) {event.kl_divergence:.4g}"
            return (
                f"update {event.update} at step {event.iteration} of at most {event.max_iterations}: "
                f"{100 * event.delta_label:.2f} % changed cluster{divergence}"
            )
        case Finished():
            return f"finished after {event.n_iterations} steps: {event.reason}"
        case _:
            return ""
