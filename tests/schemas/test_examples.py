"""The examples in the docstrings of this layer are run."""

import doctest
import importlib
import pkgutil

import pytest

import schemas

MODULES = sorted(f"schemas.{module.name}" for module in pkgutil.iter_modules(schemas.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    """What a docstring shows is what happens."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0
