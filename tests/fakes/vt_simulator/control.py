"""The control plane under /__sim__/, for tests that run the simulator as a process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .replies import json_reply
from .wire import Reply, Request

if TYPE_CHECKING:
    from .simulator import VTSimulator

CONTROL = "/__sim__/"


class ControlPlane:
    def __init__(self, simulator: VTSimulator) -> None:
        self._simulator = simulator
        self._actions: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("POST", "reset"): lambda body: simulator.reset(),
            ("GET", "requests"): self._requests,
            ("POST", "rules"): lambda body: simulator.add_rule(body["fault"], **_match(body)),
            ("POST", "stats"): lambda body: simulator.restate(body["ioc"], **body["stats"]),
            ("GET", "calls"): lambda body: dict(simulator.calls),
            ("POST", "clock"): lambda body: simulator.advance(float(body["advance_s"])),
            ("GET", "state"): lambda body: simulator.state(),
        }

    def answer(self, request: Request) -> Reply:
        action = self._actions.get((request.method, request.path.removeprefix(CONTROL)))
        if action is None:
            return json_reply({"error": "no such control"}, 404)
        try:
            result = action(json.loads(request.body or b"{}"))
        except (ValueError, TypeError, KeyError, AttributeError) as e:
            return json_reply({"error": f"not understood: {e}"}, 400)
        return json_reply({"ok": True} if result is None else result)

    def _requests(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        return [record.as_json() for record in self._simulator.requests]


def _match(body: dict[str, Any]) -> dict[str, Any]:
    """{"match": {"path": ..., "nth": ..., "times": ..., "key": ...}, "fault": ...}"""
    return {str(name): value for name, value in body.get("match", {}).items()}
