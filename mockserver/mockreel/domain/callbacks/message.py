"""What a callback says: its body as the contract has it, and the headers that sign these bytes."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from mockreel.domain.callbacks import signing
from mockreel.domain.callbacks.callback import Callback, Outgoing, Stream
from mockreel.domain.dice import Dice
from mockreel.domain.document import Lazy, task_document
from mockreel.domain.task import Task
from mockreel.domain.timeline import Moment, at

HEADERS = (("Content-Type", "application/json"),)
SecretOf = Callable[[Stream], str | None]


class Writer:
    """Writes callbacks. `secret_of` gives the secret that those of a stream are signed with, None for no signature."""

    def __init__(self, dice: Dice, secret_of: SecretOf) -> None:
        self._dice = dice
        self._secret_of = secret_of

    def write(
        self, callback: Callback, stream: Stream, now_ms: int, *, is_by_hand: bool = False, has_place: bool = True
    ) -> Outgoing:
        """Return an attempt to send a callback now. What a contract or a secret makes impossible is raised."""
        service, task, twist = stream.service, stream.task, stream.twist
        moment = _moment(task, callback, now_ms)
        document = task_document(service.contract, task, callback.at_ms, stream.origin, moment=moment)
        if twist.state is not None:
            document["state"] = twist.state
        reply = service.contract.replies[callback.event.reply]
        body = twist.before_signing(reply.body.render(Lazy({"task": document}, {})))
        headers = self._signed(stream, callback, body, now_ms)
        return Outgoing(
            callback,
            stream,
            stream.target,
            (*HEADERS, *headers.items()),
            twist.after_signing(body),
            stream.rules.timeout_ms,
            round(twist.dribble_s * 1000),
            is_by_hand,
            has_place,
        )

    def _signed(self, stream: Stream, callback: Callback, body: bytes, now_ms: int) -> dict[str, str]:
        twist, target, signature = stream.twist, stream.target, stream.rules.signature
        secret = self._secret_of(stream)
        if signature is None or secret is None or twist.unsigned:
            return {}
        task_id, words = stream.task.id, signature.words
        message = signing.Message(
            task_id=task_id,
            message_id=self._message_id(task_id, callback) if "message_id" in words else "",
            method="POST",
            path=target.path,
            query=target.query,
            nonce=self._nonce(task_id, callback) if "nonce" in words else "",
            body=body,
        )
        key = f"not {secret}" if twist.wrong_key else secret
        return signing.sign(signature, key, message, now_ms - round(twist.age_s * 1000))

    def _message_id(self, task_id: str, callback: Callback) -> str:
        return f"msg_{self._dice.roll('message', task_id, callback.message).hex()}"

    def _nonce(self, task_id: str, callback: Callback) -> str:
        return str(UUID(bytes=self._dice.roll("nonce", task_id, callback.id, len(callback.attempts)), version=4))


def _moment(task: Task, callback: Callback, now_ms: int) -> Moment | None:
    """Return the moment that a callback tells of, also where its state ended as it began."""
    line = task.timeline(now_ms)
    for index, step in enumerate(line):
        if step.state.name == callback.state and step.start_ms <= callback.at_ms:
            moment = at(line[: index + 1], callback.at_ms)
            return moment if moment.state is step.state else None
    return None
