"""Long drills: run under CI, or by ``pytest -m drill``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "drill: takes long; runs under CI or when asked for with -m drill")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = os.environ.get("CI", "").lower() == "true" or "drill" in (config.option.markexpr or "")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("drill")
            if not wanted:
                item.add_marker(pytest.mark.skip(reason="a long drill (run it with: pytest -m drill)"))
