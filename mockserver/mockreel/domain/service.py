"""One provider, served: what each role of operation answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from mockreel.domain import assets, choice, encounters, gate, links, pricing
from mockreel.domain.books import Books
from mockreel.domain.callbacks.outbox import Outbox
from mockreel.domain.callbacks.twist import PLAIN, Twist
from mockreel.domain.clock import Clock
from mockreel.domain.dice import Dice
from mockreel.domain.document import Lazy, account_document, reads_document, task_document, values_of
from mockreel.domain.faults import answers
from mockreel.domain.faults.board import met
from mockreel.domain.faults.effects import AnswerEffects, Point, TaskEffects, both
from mockreel.domain.faults.tally import scope_of
from mockreel.domain.gate import Call
from mockreel.domain.listing import page_of
from mockreel.domain.messages import JSON, Answer
from mockreel.domain.refusal import Refusal
from mockreel.domain.sandbox import Sandbox
from mockreel.domain.scenario import Scenario
from mockreel.domain.settings import Settings
from mockreel.domain.task import Lasting, Task
from mockreel_contracts import Contract, Model, Phase, Violation
from mockreel_contracts.near import near

_NEAR = 100  # of the latest ids, with which an unknown one is compared
LASTING: tuple[Point, ...] = ("task", "money", "result", "callback")  # what goes with a task for life


class Service(Books):
    """One provider: its books, and what makes answers from them."""

    def __init__(
        self,
        contract: Contract,
        settings: Settings,
        dice: Dice,
        clock: Clock,
        outbox: Outbox,
        scenarios: Mapping[str | None, str],
    ) -> None:
        super().__init__(contract, settings, dice, clock, outbox, scenarios)
        self._roles = {
            "submit": self._submit,
            "query": self._query,
            "cancel": self._cancel,
            "balance": self._balance,
            "list": self._list,
            "download": self._download,
        }

    def answer(self, call: Call) -> Answer:
        """Carry out an authorized call. Raises Refusal."""
        return self._roles[call.operation.role](call)

    # -- roles ---------------------------------------------------------------------------------------------------------

    def _submit(self, call: Call) -> Answer:
        sandbox = self.sandbox(call.key)
        self.check_rate(sandbox, call)
        raw = gate.body_of(self.contract, call)
        model = gate.model_of(self.contract, call.operation, raw)
        values = values_of(
            call.operation, reads_document(call.operation, raw, model, {}, call.path, call.request.headers)
        )
        scenario = choice.scenario_of(self.contract, self.settings, call, values, self.scenarios)
        price = pricing.price_of(self.contract, model, values)
        if price is None:
            raise Refusal(
                self.contract.errors["internal_error"], f"no price row of model {model.name!r} fits the request"
            )
        now_ms = call.now_ms
        if scenario is not None and scenario.faults:
            self._meet_submit(call, scenario, sandbox, model, str(values.get("prompt") or ""))
        sandbox.settle(now_ms)
        delay_ms = self.check_places(sandbox, call)
        if not sandbox.account.can_pay(price):
            raise Refusal(
                self.contract.refusal("insufficient_credits", call.operation),
                f"the task costs {price:f}, {sandbox.account.balance:f} are left",
            )
        salt = f"{call.key}\x1f{sandbox.ordinal}"
        task_id = self.ids.make(now_ms, {**model.facts, "model": model.name}, salt, self.tasks)
        astray = TaskEffects(**call.met("task")) if call.met("task") else None
        if astray is not None and astray.error is not None:
            astray = replace(astray, error=encounters.case_of(self.contract, astray.error, call).id)
        course = self.courses.course(model, scenario, values, astray)
        if delay_ms:
            sandbox.delays[sandbox.ordinal] = delay_ms
        task = Task(task_id, sandbox, model, call.request.body, course, now_ms, sandbox.ordinal, price)
        if call.effects:
            lasting: dict[str, Mapping[str, Any]] = {
                point: call.effects[point] for point in LASTING if point in call.effects
            }
            task.effects = Lasting(lasting, call.faults) if lasting else None
        sandbox.ordinal += 1
        sandbox.add(task, now_ms)
        if call.met("money").get("twice") and sandbox.account.can_pay(price):
            sandbox.account.charge(price)
        self.sandboxes.setdefault(call.key, sandbox)
        self.tasks[task_id] = task
        if self.clock.is_manual:  # any other moves by itself, and nobody asks what happened
            self.agenda.add(task)
        call.task_id = task_id
        call.decision = f"task made, {price:f} credits charged, scenario {course.scenario}"
        answer = self._reply(call, {"task": task_document(self.contract, task, now_ms, call.request.origin)})
        url = values.get("callback_url") if self.contract.callback is not None else None
        if isinstance(url, str) and url:
            call.has_callback = True
            twist = Twist(**call.met("callback")) if call.effects else PLAIN
            names = tuple(name for name in call.faults if name in self.settings.faults_of("callback"))
            call.decision += f"; {self.outbox.watch(self, task, url, call.request.origin, now_ms, twist, names)}"
            answer.waits_for = self.outbox.early(task) if twist.early else None
        elif call.met("callback"):
            answer.headers += ((b"x-mock-hint", b"faults of callbacks do nothing here: nobody is called back"),)
        return answer

    def _query(self, call: Call) -> Answer:
        task = self._task(call)
        if task.met("task").get("result") == "unreadable" and task.moment(call.now_ms).state.phase is Phase.SUCCEEDED:
            call.meet({"answer": {"garble": ("urls",)}}, ())
        document = task_document(self.contract, task, call.now_ms, call.request.origin)
        answer = self._reply(call, {"task": document})
        call.decision = f"task is {document.get('phase')}"
        self.look(task, call.now_ms)
        return answer

    def _cancel(self, call: Call) -> Answer:
        if call.request.body or call.operation.is_body_required:
            gate.body_of(self.contract, call)
        task = self._task(call)
        moment = task.moment(call.now_ms)
        exit_state = self.contract.lifecycle.exit(moment.state, Phase.CANCELED)
        if exit_state is None:
            raise Refusal(
                self.contract.refusal("not_cancelable", call.operation),
                f"task state is {moment.state.wire}, can not cancel",
                state=moment.state.wire,
                task_id=task.id,
            )
        task.sandbox.settle(call.now_ms)
        task.cut = (call.now_ms, exit_state, self.contract.lifecycle.cancellation)
        task.sandbox.finish(task, Phase.CANCELED, call.now_ms)
        for moved in (task, *task.sandbox.give_place_on(call.now_ms)):
            self.agenda.touch(moved)
            self.outbox.touch(moved, call.now_ms)
        call.decision = "task canceled"
        return self._reply(call, {"task": task_document(self.contract, task, call.now_ms, call.request.origin)})

    def _balance(self, call: Call) -> Answer:
        gate.parameters_of(self.contract, call)
        sandbox = self.sandbox(call.key)
        sandbox.settle(call.now_ms)
        call.decision = f"balance is {sandbox.account.balance:f}"
        return self._reply(call, {"account": account_document(self.contract, sandbox, call.now_ms)})

    def _list(self, call: Call) -> Answer:
        values = gate.parameters_of(self.contract, call)
        seen = [task for task in self.sandbox(call.key).tasks if self.hidden.by(task, call.now_ms) is None]
        tasks, token = page_of(seen, values, call.now_ms, self.contract.lifecycle.retention_ms)
        call.decision = f"{len(tasks)} tasks listed"
        documents = [task_document(self.contract, task, call.now_ms, call.request.origin) for task in tasks]
        return self._reply(call, {"tasks": documents, "next_page_token": token})

    def _download(self, call: Call) -> Answer:
        if "url" in call.operation.reads:
            return self._link(call)
        task = self._task(call)
        moment = task.moment(call.now_ms)
        self.look(task, call.now_ms)
        if moment.state.phase is not Phase.SUCCEEDED:
            raise Refusal(
                self.contract.refusal("not_ready", call.operation),
                f"the task is not completed yet, current status: {moment.state.wire}",
                state=moment.state.wire,
                task_id=task.id,
            )
        found = links.asset_of(self.contract, task, "video", moment, call.now_ms)
        if isinstance(found, str):
            raise Refusal(self.contract.refusal("expired", call.operation), found, task_id=task.id)
        call.decision = "result sent"
        if call.operation.reply == "asset":
            call.has_file = True
            return encounters.file(found, both("result", task.met("result"), call.met("result")))
        url = assets.url(call.request.origin, self.contract.provider, task.id, "video.mp4")
        return self._reply(call, {"link": {"url": url}})

    def _link(self, call: Call) -> Answer:
        raw = gate.body_of(self.contract, call)
        values = values_of(call.operation, reads_document(call.operation, raw, None, {}, call.path, {}))
        asked = str(values.get("url") or "")
        found = links.locate(asked, self.contract.provider)
        task = self.tasks.get(found[0]) if found else None
        if found is None or task is None or task.sandbox.key != call.key:
            text = "is not a result URL of this account"
            raise Refusal(
                self.contract.refusal("foreign_url", call.operation),
                f"the URL {text}",
                violations=(Violation("/url", "url", "foreign_url", text),),
            )
        call.task_id = task.id
        usable = self.asset(task.id, found[1], call.now_ms)
        if isinstance(usable, str):
            raise Refusal(self.contract.refusal("expired", call.operation), usable, task_id=task.id)
        life_ms = call.operation.link_life_ms or self.contract.lifecycle.asset_life_ms
        plain = assets.url(call.request.origin, self.contract.provider, task.id, found[1])
        call.decision = f"link valid for {life_ms // 1000} s"
        return self._reply(call, {"link": {"url": links.sign(plain, call.now_ms + life_ms, self.dice)}})

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _reply(self, call: Call, parts: Mapping[str, Any]) -> Answer:
        reply = self.contract.replies[call.operation.reply]
        body = reply.body.render(Lazy(parts, {}))
        spoken = call.met("answer")
        if spoken:
            for document in (*parts.get("tasks", ()), *([parts["task"]] if "task" in parts else ())):
                answers.speak(document, AnswerEffects(**spoken))
            told = reply.body.render(Lazy(parts, {}))
            call.is_twisted, body = told != body, told
        return Answer(reply.status, body, JSON)

    def _task(self, call: Call) -> Task:
        task_id = str(gate.parameters_of(self.contract, call).get("task_id") or "")
        task = self.tasks.get(task_id)
        if task is not None and task.sandbox.key == call.key:
            call.task_id = task_id
            is_kept = call.now_ms - task.created_ms < self.contract.lifecycle.retention_ms
            if is_kept and not self.hidden.hides(task, call.now_ms):
                self.meet(call, task)
                return task
            decision = "a fault hides the task" if is_kept else "the task is older than the provider keeps tasks"
            hint = decision
        elif task is not None:
            decision = hint = "the task belongs to another API key"
        else:
            own = [known.id for known in self.sandbox(call.key).tasks[-_NEAR:]]
            alike = near(task_id, own, most=1)
            decision = "no such task" + (f"; the nearest id is {alike[0]}" if alike else "")
            hint = decision
        shown = task_id[:80]
        raise Refusal(
            self.contract.refusal("unknown_task", call.operation),
            decision,
            hint=hint,
            task_id=shown,
        )

    def meet(self, call: Call, task: Task) -> None:
        """Meet the faults of a task's scenario. Raises as `stop` does."""
        if task.course.faults:
            facts = encounters.facts(self.contract, call, task)
            scope = scope_of(task.sandbox.key, task.ordinal)
            call.meet(*met(task.course.faults, facts, scope, call.now_ms, self.dice, since_ms=task.created_ms))
            encounters.stop(self.contract, call)

    def _meet_submit(self, call: Call, scenario: Scenario, sandbox: Sandbox, model: Model, prompt: str) -> None:
        """Meet the faults of a scenario that is asked for. Raises as `stop` does.

        Tries of the same body are counted together, until one is answered as it should be.
        """
        scope = scope_of(call.key, blake2b(call.request.body, digest_size=16).hexdigest())
        rules = self.courses.rules(scenario)
        facts = encounters.facts(self.contract, call, None, model=model.name, prompt=prompt)
        draw = str(sandbox.ordinal)
        effects, names = met(rules, facts, scope, call.now_ms, self.dice, since_ms=call.now_ms, draw=draw)
        if not effects or not {"answer", "network"} & effects.keys():
            for rule in rules:
                self.courses.tally.forget(rule.id, scope)
        call.meet(effects, names)
        encounters.stop(self.contract, call)
