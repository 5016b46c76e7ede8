"""Why a call did not do what was asked: one class for each reaction a caller may have.

ClientError
├── RefusedError                     the provider says no; nothing was made, nothing billed
│   ├── AuthenticationError          stop: the key is wrong
│   ├── InsufficientCreditsError     stop: top up
│   ├── NotFoundError                stop: no such task, or no longer
│   ├── InvalidRequestError          mend the request
│   ├── RateLimitError               wait `retry_after_s`, then again
│   ├── MaintenanceError             wait, then again
│   ├── ServerError                  try again later
│   └── FeatureDisabledError         stop: not for this account
├── GenerationFailedError            the task has ended without a result; make another
├── WaitTimeoutError                 the task goes on; wait again by its id
├── AmbiguousCreateError             it is not known whether a task was made and billed; look before making another
├── ConnectionFailedError            no answer came; try again
├── UnexpectedAnswerError            an answer came that the contract does not know
├── NotSupportedError                the provider has no such operation
└── DownloadError                    the file could not be had
    └── ResultExpiredError           it is there no more

Every error knows its `provider`, and the `task` it is about where there is one, so that the task can be taken up again.
No message, cause or attribute holds the API key in the clear; `task.body` is what the provider sent, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mockreel_contracts import Violation

if TYPE_CHECKING:
    from mockreel_client.task import Task

_LISTED = 20  # violations that a message lists


class ClientError(Exception):
    """What every error of a client is. `task` is what was last known of the task that it is about."""

    def __init__(self, message: str, *, provider: str, task: Task | None = None, task_id: str | None = None) -> None:
        super().__init__(message)
        self.provider = provider
        self.task = task
        self.task_id = task.id if task is not None else task_id

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied and sent to other processes, as process pools and task queues do, although arguments are named."""
        return _revived, (type(self), self.args), self.__dict__


def _revived(kind: type[ClientError], arguments: tuple[Any, ...]) -> ClientError:
    error = kind.__new__(kind)
    error.args = arguments
    return error


class RefusedError(ClientError):
    """The provider said no.

    `case` is the contract's id of the error (None where it has none), `status` HTTP's, `code` and `reason` the body's,
    `message` the provider's text. `retry_after_s` is how long it asks to wait. `is_retryable` says whether the same
    call may succeed later. `violations` are the rules that the request breaks, as far as the contract tells.
    """

    def __init__(
        self,
        text: str,
        *,
        provider: str,
        status: int = 0,
        case: str | None = None,
        code: int | str | None = None,
        reason: str | None = None,
        message: str = "",
        retry_after_s: float | None = None,
        is_retryable: bool = False,
        violations: Iterable[Violation] = (),
        task_id: str | None = None,
    ) -> None:
        super().__init__(text, provider=provider, task_id=task_id)
        self.case = case
        self.status = status
        self.code = code
        self.reason = reason
        self.message = message
        self.retry_after_s = retry_after_s
        self.is_retryable = is_retryable
        self.violations = tuple(violations)


class AuthenticationError(RefusedError):
    """The API key is missing, wrong, or not allowed to do this (401)."""


class InsufficientCreditsError(RefusedError):
    """The balance is not enough (402)."""


class NotFoundError(RefusedError):
    """There is no such task, or it is kept no longer (404)."""


class InvalidRequestError(RefusedError):
    """The request breaks a rule (422). `status` is 0 where the contract told so before any call was made."""


class RateLimitError(RefusedError):
    """Too many calls, or too many tasks at once (429)."""


class MaintenanceError(RefusedError):
    """The service is down for a while (455)."""


class ServerError(RefusedError):
    """Something went wrong at the provider (500)."""


class FeatureDisabledError(RefusedError):
    """The model or the feature is switched off (505)."""


class GenerationFailedError(ClientError):
    """The task failed, was canceled or expired (501): `task.phase` says which, `code` and `message` why."""

    def __init__(
        self,
        text: str,
        *,
        provider: str,
        code: int | str | None = None,
        message: str = "",
        task: Task | None = None,
        task_id: str | None = None,
    ) -> None:
        super().__init__(text, provider=provider, task=task, task_id=task_id)
        self.code = code
        self.message = message


class WaitTimeoutError(ClientError, TimeoutError):
    """The task had not ended in time. It goes on, and can be waited for again, unless `is_canceled`."""

    def __init__(
        self, text: str, *, provider: str, task: Task | None, task_id: str | None, is_canceled: bool = False
    ) -> None:
        super().__init__(text, provider=provider, task=task, task_id=task_id)
        self.is_canceled = is_canceled


class AmbiguousCreateError(ClientError):
    """No usable answer came to a create: there may be a task, and it may have been billed.

    Its cause (`__cause__`) is what came instead. Where the answer gave the id away, `task_id` has it.
    """


class ConnectionFailedError(ClientError):
    """No answer came. `is_sent` is False where it is certain that the provider has not seen the request."""

    def __init__(self, text: str, *, provider: str, is_sent: bool, task_id: str | None = None) -> None:
        super().__init__(text, provider=provider, task_id=task_id)
        self.is_sent = is_sent


class UnexpectedAnswerError(ClientError):
    """An answer breaks the contract. `status` and `body` are what came, the body cut to its first 2,000 bytes."""

    def __init__(
        self,
        text: str,
        *,
        provider: str,
        status: int = 0,
        body: bytes = b"",
        task: Task | None = None,
        task_id: str | None = None,
    ) -> None:
        super().__init__(text, provider=provider, task=task, task_id=task_id)
        self.status = status
        self.body = body[:2000]


class NotSupportedError(ClientError):
    """The provider has no such operation."""


class DownloadError(ClientError):
    """A result could not be downloaded whole. Nothing is left at the path that was asked for."""


class ResultExpiredError(DownloadError):
    """The URL of a result works no more; the message says how long results are kept."""


def listed(violations: tuple[Violation, ...]) -> str:
    """Return violations, one a line."""
    more = [f"and {len(violations) - _LISTED} more"] if len(violations) > _LISTED else []
    return "\n".join(f"  {line}" for line in [*map(str, violations[:_LISTED]), *more])


REACTIONS: dict[str, type[RefusedError]] = {
    "unauthorized": AuthenticationError,
    "insufficient_credits": InsufficientCreditsError,
    "not_found": NotFoundError,
    "invalid_request": InvalidRequestError,
    "rate_limited": RateLimitError,
    "maintenance": MaintenanceError,
    "internal_error": ServerError,
    "feature_disabled": FeatureDisabledError,
}
"""The class for each provider-neutral case; `generation_failed` is about a task, and has GenerationFailedError."""
