"""The waits of the engine that tests shorten, in one object."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """All times are in seconds."""

    # One commit costs more than many changes, so changes gather before they are written. A
    # request that waits for its command is written at once.
    commit_gather_s: float = 0.04
    # While a change waits longer for its commit, nothing is sent. So a crash costs the calls in
    # flight, and the answers of this time at most, however slow the disk is.
    commit_late_s: float = 0.1
    # After a commit that failed: the disk may be full, or another process may hold the lock.
    commit_retry_s: float = 1.0
    # After the ledger could not be asked, or the scheduler itself failed.
    schedule_retry_s: float = 1.0
    # Other processes share a key's quota and may release calls, so a denial is asked again
    # after this time even if the ledger named a later one.
    ledger_recheck_s: float = 10.0
    # The times shown for 10,000 waiting lookups cost time while workers wait for the lock.
    forecast_every_s: float = 1.0
    # After a cancellation, calls in flight may still bring an answer that was paid for.
    cancel_patience_s: float = 1.0
    # `enrich_all` returns if nothing can be asked for longer: the job goes on by itself.
    longest_block_s: float = 120.0
