"""The examples in docstrings are true: of all that is computed and of all that flows."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import schemas
import streams

MODULES = [
    module.name
    for package in (schemas, streams)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_are_true(module: str) -> None:
    """They are the first thing that a reader believes."""
    assert doctest.testmod(import_module(module)).failed == 0
