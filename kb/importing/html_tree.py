"""Questions about an element tree that are asked of every element, answered in one walk each."""

from collections.abc import Container

from bs4 import Tag


def holders(root: Tag, names: Container[str]) -> set[int]:
    """`id` of every element that has one of these tags somewhere below it. (`find` on each element
    takes ten times as long as all the rest of the reading.)"""
    found: set[int] = set()
    for element in root.descendants:
        if isinstance(element, Tag) and element.name in names:
            for parent in element.parents:
                if id(parent) in found:
                    break
                found.add(id(parent))
    return found


def deeper_than(root: Tag, limit: int) -> bool:
    """Without recursion, which is what a page nested ten thousand deep is after."""
    waiting: list[tuple[Tag, int]] = [(root, 0)]
    while waiting:
        element, depth = waiting.pop()
        if depth > limit:
            return True
        waiting += [(child, depth + 1) for child in element.children if isinstance(child, Tag)]
    return False
