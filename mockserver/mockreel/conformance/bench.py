"""What probes work with: they send here, and everything is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mockreel.conformance.budget import Budget
from mockreel.conformance.control import FAULT_HEADER, SCENARIO_HEADER, Control, ControlError
from mockreel.conformance.evidence import reading
from mockreel.conformance.exchange import Exchange, Intent, Record, Trial
from mockreel.conformance.making.samples import chosen, with_callback
from mockreel.conformance.receiver import Receiver
from mockreel.conformance.wire import MAX_BODY, Answer, ask, parsed
from mockreel.domain import pricing
from mockreel.domain.document import reads_document, values_of
from mockreel.realtime import RealClock
from mockreel_client.access import Access
from mockreel_client.requests import request
from mockreel_client.retries import Retries
from mockreel_contracts import Contract, Model, Operation, Phase
from mockreel_contracts.examples import Example

if TYPE_CHECKING:
    import httpx2

TIMEOUT_S = 30.0  # for one call
MAX_FILE = 64 * 1024  # bytes of what is no answer of an operation, such as a result, that are read
MOST_KEPT = 64 * 1024 * 1024  # bytes of all answers together


class TimeUp(Exception):  # noqa: N818 - a decision, not a mistake of the program
    """The run has used up its time, or what else it may use; the message says what to do."""

    def __init__(self, why: str = "the time of the run was over; give --max-time more") -> None:
        super().__init__(why)


class Unreachable(Exception):  # noqa: N818 - likewise
    """Nobody answers at the base URL."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The API keys of a run, by role. None where there is none of that kind.

    `other` is the key of somebody else, `wrong` one that must be refused. With `can_mint` any name is a fresh account.
    """

    own: str
    other: str | None = None
    wrong: str | None = None
    can_mint: bool = False


class Bench:
    """One run against one server. Everything sent and received goes into `record`.

    `deadline_s` is a moment of `clock` (seconds). Nothing is sent beyond it. `is_local` says that `http` has a
    transport of this process.
    """

    def __init__(
        self,
        contract: Contract,
        base_url: str,
        http: httpx2.Client,
        *,
        keys: Keys,
        budget: Budget,
        control: Control,
        has_control: bool,
        receiver: Receiver | None = None,
        examples: Sequence[Example] | None = None,
        models: Sequence[str] = (),
        deadline_s: float = float("inf"),
        seed: int = 0,
        callback_secret: str | None = None,
        is_local: bool = True,
        hidden: Sequence[str] = (),
    ) -> None:
        self.contract = contract
        self.base_url = base_url.rstrip("/")
        self.http = http
        self.keys = keys
        self.budget = budget
        self.control = control
        self.has_control = has_control
        self.receiver = receiver
        self.seed = seed
        self.deadline_s = deadline_s
        self.is_local = is_local
        self.samples = chosen(contract, examples, models)
        secrets = {"api_key": keys.own} | ({"callback_secret": callback_secret} if callback_secret else {})
        self.record = Record(contract, secrets=secrets, is_steered=has_control, speed=control.speed)
        self.record.hidden = tuple(hidden)
        if receiver is not None:
            self.record.arrivals = receiver.arrivals
        self.models = tuple(models)
        self._clock = RealClock()
        self._kept = 0
        self._takes_anything = False

    # -- keys ----------------------------------------------------------------------------------------------------------

    def key(self, role: str) -> str:
        """Return the API key of a role, '' for `none`. Any other name is a fresh account where those can be minted."""
        match role:
            case "none":
                return ""
            case "own" | "other" | "wrong":
                return getattr(self.keys, role) or ""
            case _ if self.keys.can_mint:
                return self.record.secrets.setdefault(f"api_key {role}", f"verify-{self.seed}-{role}")
            case _:
                return self.keys.own

    def role(self, name: str) -> str:
        """Return `name` where fresh accounts can be minted, and otherwise `own`."""
        return name if self.keys.can_mint else "own"

    # -- calls ---------------------------------------------------------------------------------------------------------

    def knock(self) -> None:
        """See whether anybody is there at all, whatever is answered. Raises Unreachable."""
        with suppress(TimeUp, ControlError):
            self.send("GET", self.base_url + "/", {}, b"", Intent("knock"))

    def call(
        self,
        operation: Operation,
        intent: Intent,
        *,
        values: Mapping[str, str] | None = None,
        body: Any = None,
        raw: bytes | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        key: str = "own",
        task: Trial | None = None,
    ) -> Exchange:
        """Call an operation. `values` are put where the contract reads them; a header of None is left out."""
        filled = dict(values or {})
        if task is not None and "task_id" in operation.reads:
            filled.setdefault("task_id", task.task_id)
        access = self._access(self.key(key) or "none")
        send = request(access, operation, values=filled, body=body, query=query)
        sent: dict[str, str | None] = {name.lower(): value for name, value in send.headers.items()}
        if key == "none":
            sent.pop(self.contract.auth.header.lower(), None)
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        return self.send(
            send.method,
            send.url,
            {name: value for name, value in sent.items() if value is not None},
            send.content if raw is None else raw,
            intent,
            operation=operation,
            key=key,
            task=task,
        )

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        intent: Intent,
        *,
        operation: Operation | None = None,
        key: str = "own",
        task: Trial | None = None,
    ) -> Exchange:
        """Send any request and write down what came. Raises TimeUp and Withheld, and Unreachable at the first call."""
        import httpx2

        patience_s = min(TIMEOUT_S, self.time_left_s())
        is_submit = operation is not None and operation.role == "submit"
        if is_submit and intent.kind == "refuse":
            self.budget.check(self._risk(content))
        at_ms, started_ms = self.control.now_ms(), self._clock.now_ms()
        answer, problem = Answer(0, {}, b"", is_cut=False), ""
        if self._kept > MOST_KEPT:
            raise TimeUp(f"the answers were longer than {MOST_KEPT} bytes together; no more were asked for")
        most = MAX_BODY if operation is not None else MAX_FILE
        try:
            answer = ask(
                self.http,
                method,
                url,
                headers=headers,
                content=content,
                patience_s=patience_s,
                most=most,
                is_local=self.is_local,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            problem = f"{type(error).__name__}: {error}"
            if not self.record.exchanges and isinstance(
                error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.InvalidURL
            ):
                raise Unreachable(
                    f"nobody answers at {self.base_url}: {error}; is it started, and is the URL right? A mock of it: "
                    f"mockreel serve --provider {self.contract.provider}"
                ) from None
            if isinstance(error, httpx2.TimeoutException) and patience_s < TIMEOUT_S:
                if is_submit and intent.kind != "accept":
                    self.budget.spend(None)
                raise TimeUp from None  # the run is over; the server may only be slow
        if answer.is_cut and operation is not None:
            problem, answer = (
                f"the answer is longer than {MAX_BODY} bytes",
                replace(answer, body=answer.body[:MAX_FILE]),
            )
        self._kept += len(answer.body)
        exchange = Exchange(
            number=len(self.record.exchanges) + 1,
            at_ms=at_ms,
            intent=intent,
            operation=operation,
            key=key,
            method=method,
            url=url,
            sent_headers=dict(headers),
            sent=content,
            status=0 if problem else answer.status,
            headers=answer.headers,
            body=answer.body,
            problem=problem,
            task=task.number if task is not None else None,
            took_s=(self._clock.now_ms() - started_ms) / 1000,
        )
        self.record.exchanges.append(exchange)
        if is_submit and intent.kind != "accept" and not problem and reading.is_good(self.contract, exchange):
            self._takes_anything = True
            self.budget.spend(self.price(parsed(content)))
        return exchange

    def _risk(self, content: bytes) -> Decimal | None:
        """Return what a create that must be refused may cost: nothing, until the server has taken one all the same."""
        if not self._takes_anything:
            return Decimal(0)
        prices = [price for price in map(self.price, self.samples.values()) if price is not None]
        return self.price(parsed(content)) or max(prices, default=None)

    # -- tasks ---------------------------------------------------------------------------------------------------------

    def submit(
        self,
        body: Any,
        intent: Intent,
        *,
        key: str = "own",
        plan: Phase | None = None,
        scenario: str = "",
        callback: Sequence[int] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Trial:
        """Make a task that the contract accepts. `plan` is the phase it is asked to end in, by `scenario` of the mock.

        With `callback` it is called back, and the first callbacks are answered with these statuses. Raises Withheld
        where the budget does not allow it. The trial has no `task_id` where no task was made.
        """
        operation, model = self.model_of(body)
        price = self.price(body)
        self.budget.check(price)
        trial = Trial(len(self.record.trials) + 1, key, model, body, price, plan, scenario)
        if callback is not None and self.receiver is not None:
            trial.callback_url = self.receiver.plan(trial.number, callback)
            body = self.with_callback(operation, body, trial.callback_url)
            trial.body = body
        self.record.trials.append(trial)
        more = {SCENARIO_HEADER: scenario} if scenario and self.has_control else {}
        exchange = self.call(operation, intent, body=body, key=key, task=trial, headers={**more, **(headers or {})})
        trial.submit = exchange
        if exchange.problem:
            self.budget.spend(price)  # the task may have been made
        elif reading.is_good(self.contract, exchange):
            self.budget.spend(price)
            found = reading.seen(self.contract, exchange)
            trial.task_id = (found.task_id or "") if found else ""
        return trial

    def look(self, trial: Trial, intent: Intent, *, operation: Operation | None = None, key: str = "") -> Exchange:
        """Ask for a task with its own key, or another; by the first query operation unless told otherwise."""
        chosen = operation or self.contract.by_role("query")[0]
        return self.call(chosen, intent, key=key or trial.key, task=trial)

    def balance(self, intent: Intent, *, key: str = "own") -> Exchange | None:
        """Ask for the balance; None where the provider tells none."""
        operations = self.contract.by_role("balance")
        return self.call(operations[0], intent, key=key) if operations else None

    def fault(self, case: str) -> dict[str, str | None]:
        """Return the header that has a mock refuse one call with an ErrorCase."""
        return {FAULT_HEADER: f"error; case={case}"}

    # -- time ----------------------------------------------------------------------------------------------------------

    def has_time(self) -> bool:
        """Whether the run is not over yet."""
        return self._clock.now_ms() / 1000 < self.deadline_s

    def time_left_s(self) -> float:
        """Return how long the run may still take. Raises TimeUp where that is nothing."""
        left_s = self.deadline_s - self._clock.now_ms() / 1000
        if left_s <= 0:
            raise TimeUp
        return left_s

    def wait(self, seconds: float) -> None:
        """Let so many seconds of the server's clock pass. Raises TimeUp where the run has not so long."""
        if not self.control.is_manual and self._clock.now_ms() / 1000 + seconds > self.deadline_s:
            raise TimeUp
        self.control.advance(seconds)

    # -- the contract --------------------------------------------------------------------------------------------------

    def model_of(self, body: Any) -> tuple[Operation, Model]:
        """Return the submit operation and the model of a body. Raises ValueError for one that the contract lacks."""
        for operation in self.contract.by_role("submit"):
            name = body.get(operation.discriminator, operation.default_model) if isinstance(body, dict) else None
            if isinstance(name, str) and name in operation.models:
                return operation, operation.models[name]
        raise ValueError("the body is for no model of the contract")

    def price(self, body: Any) -> Decimal | None:
        """Return what a task costs by the contract, None where no row of its prices fits."""
        try:
            operation, model = self.model_of(body)
        except ValueError:
            return None
        values = values_of(operation, reads_document(operation, body, model, {}, {}, {}))
        return pricing.price_of(self.contract, model, values)

    def with_callback(self, operation: Operation, body: Any, url: str) -> Any:
        """Return a body that asks for callbacks at `url`."""
        return with_callback(self.contract, operation, body, url)

    def _access(self, key: str) -> Access:
        return Access(self.contract, key, self.base_url, 30.0, Retries(0), is_checking=False)
