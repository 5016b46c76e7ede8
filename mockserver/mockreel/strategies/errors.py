"""Answers that say no, in the words of a provider."""

from __future__ import annotations

from typing import Literal, NamedTuple

from hypothesis import strategies as st

from mockreel.domain import refusal
from mockreel.domain.refusal import Refusal
from mockreel.strategies.subject import contract_of
from mockreel_contracts import Contract, ErrorCase


class ErrorAnswer(NamedTuple):
    """An HTTP answer, and the ErrorCase that it renders. Header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes
    case: ErrorCase


def error_answers(
    provider: str | Contract,
    *cases: str,
    stage: str | None = None,
    errors: Literal["body", "http"] | None = None,
) -> st.SearchStrategy[ErrorAnswer]:
    """Return the answers with which a provider refuses a call, for every ErrorCase or for some.

    `cases` are ids, codes or reasons; `stage` (submit, query, auth, task …) takes those that can come there. `errors`
    says where codes go, as for MockProvider. Raises ValueError for a case that the provider does not have.
    """
    contract = contract_of(provider)
    chosen = [_case(contract, word) for word in cases] or list(contract.errors.values())
    chosen = [case for case in chosen if stage is None or stage in case.stages]
    if not chosen:
        raise ValueError(f"{contract.provider} has no error case of stage {stage!r} among those asked for")

    def rendered(case: ErrorCase, number: int, wait_s: int) -> ErrorAnswer:
        refused = Refusal(case, case.reason or case.id, retry_after_s=str(wait_s))
        answer = refusal.answer(contract, refused, trace_id=f"{number:032x}", errors_in=errors)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
        return ErrorAnswer(answer.status, headers, answer.body, case)

    return st.builds(rendered, st.sampled_from(chosen), st.integers(0, 999), st.integers(1, 60))


def _case(contract: Contract, word: str) -> ErrorCase:
    found = contract.find_error(word)
    if found is None:
        raise ValueError(f"{contract.provider} has no error case {word!r}; it has {', '.join(contract.errors)}")
    return found
