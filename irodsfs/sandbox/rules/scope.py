"""Variables: those of a rule's run, and behind them those that all rules of a run share."""

from __future__ import annotations

from irodsfs.sandbox.rules.values import Value


class Scope:
    """Names of a rule's own variables, seen before those of the scope behind it."""

    def __init__(self, behind: Scope | None = None) -> None:
        self.variables: dict[str, Value] = {}
        self.behind = behind

    @property
    def shared(self) -> Scope:
        """The scope behind all others."""
        return self.behind.shared if self.behind else self

    def holder(self, name: str) -> Scope | None:
        """The scope that has this variable."""
        if name in self.variables:
            return self
        return self.behind.holder(name) if self.behind else None

    def get(self, name: str) -> Value:
        """The value, None when it has none."""
        holder = self.holder(name)
        return holder.variables[name] if holder else None

    def set(self, name: str, value: Value) -> None:
        """Changes the variable where it is, or makes it here."""
        (self.holder(name) or self).variables[name] = value
