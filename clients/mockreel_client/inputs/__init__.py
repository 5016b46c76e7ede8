"""The types of request bodies, one module a provider: a TypedDict for each model, and `Body`, the union of them.

They are for type checkers and editors; at run time they are plain dicts. scripts/make_inputs.py writes them from the
contracts.
"""
