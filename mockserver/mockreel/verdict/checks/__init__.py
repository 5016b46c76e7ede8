"""The checks of a client, one file each, in the order in which reports show them."""

from __future__ import annotations

from collections.abc import Mapping

from mockreel.verdict.check import Check
from mockreel.verdict.checks import (
    auth_header_wrong,
    callback_lost_without_fallback,
    callback_slow_or_non_2xx,
    contract_violation_in_request,
    create_duplicated,
    create_retried_ambiguous,
    duplicate_not_deduped,
    envelope_code_ignored,
    failure_reported_as_success,
    gave_up_on_retryable,
    malformed_body_crash,
    no_backoff,
    orphaned_paid_task,
    out_of_order_regression,
    poll_too_fast,
    poll_unbounded,
    polled_after_callback,
    polled_after_terminal,
    result_not_downloaded_before_expiry,
    retried_non_retryable,
    retry_after_ignored,
    retry_storm,
    secret_leaked,
    signature_unverified,
    stale_accepted,
    stuck_without_deadline,
    success_without_url_accepted,
    terminal_missed,
    truncated_result_accepted,
    unknown_state_fatal,
)

CHECKS: tuple[Check, ...] = (
    create_retried_ambiguous.CHECK,
    create_duplicated.CHECK,
    orphaned_paid_task.CHECK,
    retried_non_retryable.CHECK,
    gave_up_on_retryable.CHECK,
    retry_after_ignored.CHECK,
    no_backoff.CHECK,
    retry_storm.CHECK,
    poll_too_fast.CHECK,
    poll_unbounded.CHECK,
    polled_after_terminal.CHECK,
    terminal_missed.CHECK,
    unknown_state_fatal.CHECK,
    stuck_without_deadline.CHECK,
    envelope_code_ignored.CHECK,
    failure_reported_as_success.CHECK,
    success_without_url_accepted.CHECK,
    result_not_downloaded_before_expiry.CHECK,
    truncated_result_accepted.CHECK,
    malformed_body_crash.CHECK,
    contract_violation_in_request.CHECK,
    auth_header_wrong.CHECK,
    secret_leaked.CHECK,
    signature_unverified.CHECK,
    stale_accepted.CHECK,
    duplicate_not_deduped.CHECK,
    out_of_order_regression.CHECK,
    callback_slow_or_non_2xx.CHECK,
    callback_lost_without_fallback.CHECK,
    polled_after_callback.CHECK,
)

BY_ID: Mapping[str, Check] = {check.id: check for check in CHECKS}
