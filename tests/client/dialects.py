"""Errors as the providers word them, written by hand from their pages and notes; nothing here comes from a contract.

`REFUSALS` says for each error case of each contract what comes (HTTP status and body), what a client makes of it, and
whether the same call is made again.
"""

from __future__ import annotations

from typing import Any

from mockreel_client import (
    AuthenticationError,
    FeatureDisabledError,
    GenerationFailedError,
    InsufficientCreditsError,
    InvalidRequestError,
    MaintenanceError,
    NotFoundError,
    RateLimitError,
    ServerError,
)

Answer = tuple[int, dict[str, Any]]
Row = tuple[Answer, type[Exception], str]
"""What comes, what it means, and the retry decision: `never`, `again`, or `queries` (again, unless it is a create)."""


def kie(code: int, msg: str, *, status: int = 200) -> Answer:
    return status, {"code": code, "msg": msg, "data": None}


def vidu(status: int, reason: str, message: str) -> Answer:
    trace = {"trace_id": "04e5c2fe159ff7c574acd0424e78c35f"}
    return status, {"code": status, "reason": reason, "message": message, "metadata": trace}


def flat(status: int, code: str, message: str) -> Answer:
    """The form of the gateway's task endpoints."""
    return status, {"code": code, "message": message, "data": None}


def enveloped(status: int, message: str, kind: str, **more: str) -> Answer:
    """The form of the gateway's middleware and of its file endpoint."""
    return status, {"error": {"message": message, "type": kind, **more}}


CREDITS = "Credits insufficient : Your current balance isn’t enough to run this request. Please top up to continue."
UNKNOWN_MODEL = (
    "The model name you specified is not supported. Please verify your input and use one of the supported models "
    "provided by KIE."
)
KIE: dict[str, Row] = {
    "unauthorized": (kie(401, "Unauthorized"), AuthenticationError, "never"),
    "insufficient_credits": (kie(402, CREDITS), InsufficientCreditsError, "never"),
    "not_found": (kie(404, "Task not found"), NotFoundError, "never"),
    "route_not_found": (kie(404, "Not Found", status=404), NotFoundError, "never"),
    "invalid_request": (kie(422, "Validation Error"), InvalidRequestError, "never"),
    "rate_limited": (kie(429, "Your call frequency is too high.", status=429), RateLimitError, "again"),
    "maintenance": (kie(455, "Service Unavailable - System is under maintenance"), MaintenanceError, "again"),
    "internal_error": (
        kie(500, "Server Error - An unexpected error occurred while processing the request"), ServerError, "queries",
    ),
    "generation_failed": (kie(501, "Generation Failed"), GenerationFailedError, "never"),
    "feature_disabled": (kie(505, "Feature Disabled"), FeatureDisabledError, "never"),
    "model_not_supported": (kie(422, UNKNOWN_MODEL), InvalidRequestError, "never"),
    "record_not_found": (kie(422, "recordInfo is null"), NotFoundError, "never"),
    "missing_parameter": (kie(400, "taskId parameter is required"), InvalidRequestError, "never"),
    "method_not_allowed": (kie(405, "Method Not Allowed", status=405), InvalidRequestError, "never"),
    "content_flagged": (
        kie(501, "The input or output was flagged as sensitive. Please try again"), GenerationFailedError, "never",
    ),
    "field_required": (kie(500, "image_url is required"), InvalidRequestError, "never"),
    "field_out_of_range": (
        kie(500, "resolution is not within the range of allowed options"), InvalidRequestError, "never",
    ),
}  # fmt: skip

NO_CREDITS = vidu(400, "CreditInsufficient", "insufficient credits")
VIDU: dict[str, Row] = {
    "unauthorized": (vidu(401, "Unauthorized", "unauthorized"), AuthenticationError, "never"),
    "forbidden": (vidu(403, "Forbidden", "forbidden"), AuthenticationError, "never"),
    "insufficient_credits": (NO_CREDITS, InsufficientCreditsError, "never"),
    "credit_insufficient": (NO_CREDITS, InsufficientCreditsError, "never"),
    "not_found": (vidu(404, "NotFound", "not found"), NotFoundError, "never"),
    "task_not_found": (vidu(404, "TaskNotFound", "task not found"), NotFoundError, "never"),
    "creation_not_found": (vidu(404, "CreationNotFound", "creation not found"), NotFoundError, "never"),
    "invalid_request": (vidu(400, "BadRequest", "bad request"), InvalidRequestError, "never"),
    "bad_request": (vidu(400, "BadRequest", "bad request"), InvalidRequestError, "never"),
    "task_not_cancelable": (
        vidu(400, "BadRequest", "task state is scheduled, can not cancel"), InvalidRequestError, "never",
    ),
    "field_lacking": (vidu(400, "FieldLacking", "field is missing or empty: images"), InvalidRequestError, "never"),
    "field_invalid": (vidu(400, "FieldInvalid", "invalid field: duration"), InvalidRequestError, "never"),
    "field_unwanted": (vidu(400, "FieldUnwanted", "unwanted field: style"), InvalidRequestError, "never"),
    "field_item_count_out_of_range": (
        vidu(400, "FieldItemCountOutOfRange", "images"), InvalidRequestError, "never",
    ),
    "page_size_out_of_range": (vidu(400, "PageSizeOutOfRange", "page size"), InvalidRequestError, "never"),
    "image_download_failure": (
        vidu(400, "ImageDownloadFailure", "image download failure"), InvalidRequestError, "never",
    ),
    "image_format_invalid": (vidu(400, "ImageFormatInvalid", "invalid image format"), InvalidRequestError, "never"),
    "image_check_body_joints_failed": (vidu(400, "ImageCheckBodyJointsFailed", ""), InvalidRequestError, "never"),
    "image_check_face_failed": (vidu(400, "ImageCheckFaceFailed", ""), InvalidRequestError, "never"),
    "image_objects_undetected": (vidu(400, "ImageObjectsUndetected", ""), InvalidRequestError, "never"),
    "task_prompt_policy_violation": (
        vidu(400, "TaskPromptPolicyViolation", "prompt policy violation"), InvalidRequestError, "never",
    ),
    "audit_submit_illegal": (vidu(400, "AuditSubmitIllegal", "submit is illegal"), InvalidRequestError, "never"),
    "generation_failed": (
        vidu(400, "CreationPolicyViolation", "creation policy violation"), GenerationFailedError, "never",
    ),
    "creation_policy_violation": (
        vidu(400, "CreationPolicyViolation", "creation policy violation"), GenerationFailedError, "never",
    ),
    "user_cancelled": (vidu(400, "UserCancelled", "user cancelled"), InvalidRequestError, "never"),
    "feature_disabled": (vidu(400, "ModelUnavailable", "model unavailable"), FeatureDisabledError, "never"),
    "model_unavailable": (vidu(400, "ModelUnavailable", "model unavailable"), FeatureDisabledError, "never"),
    "method_not_allowed": (vidu(405, "MethodNotAllowed", "method not allowed"), InvalidRequestError, "never"),
    "conflict": (vidu(409, "Conflict", "conflict"), InvalidRequestError, "never"),
    "canceled": (vidu(499, "Canceled", "canceled"), InvalidRequestError, "never"),
    "operation_in_process": (vidu(400, "OperationInProcess", "operation in process"), RateLimitError, "again"),
    "rate_limited": (vidu(429, "TooManyRequests", "too many requests"), RateLimitError, "again"),
    "too_many_requests": (vidu(429, "TooManyRequests", "too many requests"), RateLimitError, "again"),
    "quota_exceeded": (vidu(429, "QuotaExceeded", "quota exceeded"), RateLimitError, "again"),
    "maintenance": (vidu(429, "SystemThrottling", "system is throttling"), MaintenanceError, "again"),
    "system_throttling": (vidu(429, "SystemThrottling", "system is throttling"), MaintenanceError, "again"),
    "internal_error": (vidu(500, "InternalServiceFailure", "internal service failure"), ServerError, "queries"),
    "internal_service_failure": (
        vidu(500, "InternalServiceFailure", "internal service failure"), ServerError, "queries",
    ),
}  # fmt: skip

INVALID_TOKEN = "无效的令牌 (request id: 20260120040153504)"
GATEWAY: dict[str, Row] = {
    "unauthorized": (enveloped(401, INVALID_TOKEN, "new_api_error", code=""), AuthenticationError, "never"),
    "insufficient_credits": (flat(403, "insufficient_user_quota", "用户额度不足"), InsufficientCreditsError, "never"),
    "not_found": (enveloped(404, "Not found", "invalid_request_error"), NotFoundError, "never"),
    "content_not_found": (enveloped(404, "Task not found", "invalid_request_error"), NotFoundError, "never"),
    "task_not_exist": (flat(400, "task_not_exist", "task_not_exist"), NotFoundError, "never"),
    "invalid_request": (flat(400, "invalid_request", "invalid request"), InvalidRequestError, "never"),
    "field_required": (flat(400, "invalid_request", "prompt is required"), InvalidRequestError, "never"),
    "missing_model": (flat(400, "missing_model", "model field is required"), InvalidRequestError, "never"),
    "method_not_allowed": (flat(405, "method_not_allowed", "Method not allowed"), InvalidRequestError, "never"),
    "no_channel": (
        enveloped(503, "当前分组 default 下对于模型 sora 无可用渠道", "new_api_error", code="model_not_found"),
        InvalidRequestError, "never",
    ),
    "rate_limited": (flat(429, "rate_limit_exceeded", "当前分组上游负载已饱和，请稍后再试"), RateLimitError, "again"),
    "maintenance": (flat(503, "service_unavailable", "The service is under maintenance"), MaintenanceError, "again"),
    "internal_error": (flat(500, "internal_error", "Internal server error"), ServerError, "queries"),
    "generation_failed": (flat(500, "generation_failed", "Video generation failed"), GenerationFailedError, "never"),
    "content_flagged": (
        flat(500, "CreationPolicyViolation", "CreationPolicyViolation"), GenerationFailedError, "never",
    ),
    "task_timeout": (flat(500, "task_timeout", "任务超时（1440分钟）"), GenerationFailedError, "never"),
    "off_peak_timeout": (flat(500, "task_timeout", "任务超时（2880分钟）"), GenerationFailedError, "never"),
    "feature_disabled": (flat(403, "feature_disabled", "This feature is disabled"), FeatureDisabledError, "never"),
    "not_completed": (
        enveloped(400, "Task is not completed yet, current status: queued", "invalid_request_error"),
        InvalidRequestError, "again",
    ),
}  # fmt: skip

REFUSALS = {"kie": KIE, "vidu": VIDU, "gateway": GATEWAY}

FAILED_TASKS: dict[str, dict[str, Any]] = {
    "kie": {
        "code": 200,
        "msg": "success",
        "data": {
            "taskId": "T",
            "model": "hailuo/2-3-image-to-video-standard",
            "state": "fail",
            "param": "{}",
            "resultJson": "",
            "failCode": "CODE",
            "failMsg": "MESSAGE",
            "creditsConsumed": 0,
        },
    },
    "vidu": {"id": "T", "state": "failed", "err_code": "CODE", "credits": 0, "payload": "", "creations": []},
    "gateway": {
        "id": "T",
        "task_id": "T",
        "object": "video.generation.job",
        "model": "viduq3p-720p",
        "status": "failed",
        "progress": 100,
        "error": {"code": "CODE", "message": "MESSAGE"},
        "created_at": 1774507626,
    },
}
