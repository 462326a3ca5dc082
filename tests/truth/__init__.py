"""What a demo's truth says ought to come out, computed from its Parquet tables by code that shares nothing with the product.

Each module derives its figures from the promises and decided cases, never from how the product does it. Nothing here
imports `pipelines`; `tests/architecture/test_truth_is_independent.py` holds that.
"""
