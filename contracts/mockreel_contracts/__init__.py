"""Machine-readable contracts of asynchronous video-generation APIs, and what loads and checks them."""

from mockreel_contracts.loader import load, providers
from mockreel_contracts.model import Contract, ErrorCase, Model, Operation, Phase, State
from mockreel_contracts.problem import ContractError, Problem
from mockreel_contracts.schema import Schema, Violation

__all__ = [
    "Contract",
    "ContractError",
    "ErrorCase",
    "Model",
    "Operation",
    "Phase",
    "Problem",
    "Schema",
    "State",
    "Violation",
    "load",
    "providers",
]
