"""Sends generated requests by the bench, with keys that no limit of the contract stops."""

from __future__ import annotations

from mockreel.conformance.bench import Bench
from mockreel.conformance.control import ControlError
from mockreel.conformance.exchange import Exchange, Intent, Trial
from mockreel.conformance.generated.aim import Aim
from mockreel.conformance.generated.made import Made
from mockreel_contracts.expressions import first_path

_PLENTY = 10**9  # credits of an account of a mock: what is judged here is not whether they suffice


class Sender:
    """Sends for one probe. Every so many submits, as the contract's rate allows, another fresh account is used.

    Where none can be made, it waits as long as the rate asks: once, where that takes real time.
    """

    def __init__(self, bench: Bench, probe: str) -> None:
        self.bench = bench
        self.probe = probe
        self.trials: dict[str, Trial] = {}
        self._submits = 0
        self._account = 0
        self.key = ""
        self._open()

    def send(self, made: Made, aim: Aim) -> Exchange | None:
        """Send a request; of one that the contract accepts, a task is made. Returns None for one that the rate forbids.

        Raises Withheld and TimeUp.
        """
        operation, bench = made.operation, self.bench
        if operation.role == "submit":
            if not self._count():
                return None
            if aim.intent.kind == "accept":
                made_one = bench.submit(aim.body, aim.intent, key=self.key)
                if made_one.task_id:
                    self.trials[made_one.task_id] = made_one
                return made_one.submit
        own = {*dict(made.path).values(), *(value for _, values in made.query for value in values)}
        trial = next((self.trials[name] for name in self.trials if name in own), None)
        return bench.call(
            operation,
            aim.intent,
            values=_values(bench, made),
            raw=made.content or b"",
            query={name: list(values) for name, values in made.query},
            key=trial.key if trial is not None else self.key,
            task=trial,
        )

    def close(self) -> None:
        """Look at the balance of the account in use for the last time."""
        self.bench.balance(Intent(self.probe), key=self.key)

    def _count(self) -> bool:
        """Make room for a submit; whether there is any."""
        rate, bench = self.bench.contract.rate, self.bench
        if rate is not None and self._submits and self._submits % rate.requests == 0:
            if bench.keys.can_mint:
                self.close()
                self._account += 1
                self._open()
            elif self._submits > rate.requests and not bench.control.is_manual:
                bench.record.miss(self.probe, f"the contract allows {rate.requests} requests at a time; more were made")
                return False
            else:
                bench.wait(rate.window_ms / 1000)
        self._submits += 1
        return True

    def _open(self) -> None:
        bench = self.bench
        self.key = bench.role(f"{self.probe}-{self._account}" if self._account else self.probe)
        if bench.has_control and bench.keys.can_mint:
            try:
                bench.control.set_credits(bench.key(self.key), _PLENTY)
            except ControlError as error:
                bench.record.miss(self.probe, str(error))
        bench.balance(Intent(self.probe), key=self.key)


def _values(bench: Bench, made: Made) -> dict[str, str]:
    """Return the values of a path by the names under which the contract reads them."""
    reads = bench.contract.behavior["operations"][made.operation.id].get("reads", {})
    found = {}
    for parameter, value in made.path:
        name = next((name for name, source in reads.items() if first_path(source, "path") == (parameter,)), None)
        if name is not None:
            found[name] = value
    return found
