"""The examples in docstrings are true."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import streams

MODULES = [module.name for module in pkgutil.walk_packages(streams.__path__, "streams.")]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_are_true(module: str) -> None:
    """Each runs as a test."""
    assert doctest.testmod(import_module(module)).failed == 0
