"""The microservices a rule can call, one module for each family; importing this package registers all of them."""

from __future__ import annotations

import importlib
import pkgutil

from irodsfs.sandbox.rules.microservices.microservice_registry import MICROSERVICES

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["MICROSERVICES"]
