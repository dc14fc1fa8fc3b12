from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

import click

from irodsfs.cli.entry_options import PATHS_HELP, on_paths
from irodsfs.cli.human import size
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output, on_one_line
from irodsfs.cli.targets import Shown, Targets

EPILOG = f"""{PATHS_HELP}

\b
Examples:
  irodsfs tree ~/zone/results
  irodsfs tree --level 2 --collections '~'

\b
Exit status: 0 done; 6 a path does not exist, or you may not see it; 10 the
zone refused.
"""

BRANCH, LAST, LINE, BLANK = "├── ", "└── ", "│   ", "    "


@click.command(epilog=EPILOG)
@on_paths()
@click.option("--level", "-L", metavar="N", type=click.IntRange(min=1), help="So far below PATH at most.")
@click.option("--collections", "-d", is_flag=True, help="Show collections only.")
@click.option("--size", "-s", "with_size", is_flag=True, help="Show the sizes of data objects.")
@as_json
def tree(targets: Targets, *, level: int | None, collections: bool, with_size: bool, as_json: bool) -> None:
    """Show what is below collections as a tree.

    One query brings it, however deep it is.
    """
    output = Output()
    performing = Performing(as_json=as_json)
    forest = _Forest()
    asked = {"type": "d"} if collections else {}
    depth = {} if level is None else {"max_depth": level}
    performing.run("find", targets, {**asked, **depth}, forest.take)
    if as_json:
        listed = JsonList(output)
        for root in forest.roots:
            listed.add(root.document)
        listed.end()
    else:
        for root in forest.roots:
            for line in _drawn(root, with_size=with_size):
                output.line(line)
        if forest.roots:
            output.line("")
            output.line(forest.summary)
    output.flush()
    performing.end()


@dataclass
class _Node:
    name: str
    record: Record
    below: dict[str, _Node] = field(default_factory=dict)

    @property
    def document(self) -> Record:
        children = [self.below[name].document for name in sorted(self.below)]
        return {**self.record, **({"children": children} if self.record["type"] == "collection" else {})}


class _Forest:
    """Trees made of records that come in any order; what was not found between two that were is a collection."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}
        self._roots: dict[str, _Node] = {}

    @property
    def roots(self) -> list[_Node]:
        return list(self._roots.values())

    @property
    def summary(self) -> str:
        kinds = [node.record["type"] for node in self._nodes.values()]
        return f"{kinds.count('collection')} collections, {kinds.count('data_object')} data objects"

    def take(self, record: Record, shown: Shown) -> None:
        record["local_path"] = shown.local(record["path"])
        known = self._nodes.get(record["path"])
        if known is not None:
            known.record = record
            return
        node = self._nodes[record["path"]] = _Node(shown.path(record["path"]), record)
        above = self._nodes.get(posixpath.dirname(record["path"]))
        if above is None:
            self._roots[record["path"]] = node
        else:
            node.name = posixpath.basename(record["path"])
            above.below[node.name] = node


def _drawn(root: _Node, *, with_size: bool) -> Iterator[str]:
    """Lines, without recursion: collections may be deeper than Python likes."""
    waiting = [(root, "", "")]
    while waiting:
        node, mark, indent = waiting.pop()
        yield f"{mark}{_label(node, with_size=with_size)}"
        names = sorted(node.below)
        for name in reversed(names):
            last = name == names[-1]
            waiting.append((node.below[name], indent + (LAST if last else BRANCH), indent + (BLANK if last else LINE)))


def _label(node: _Node, *, with_size: bool) -> str:
    name = on_one_line(node.name)
    if node.record["type"] == "collection":
        return name if name.endswith("/") else f"{name}/"
    return f"{name} ({size(node.record['size'])})" if with_size else name
