"""Which version a file was made from, and what publishing it would take back. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from thresholds.difference import difference, flat
from thresholds.model import Thresholds, ThresholdVersion
from thresholds.versions import StaleBaseError, VersionError, find, iso, newest, ordered

# As `tokpulse thresholds show` begins a file.
_MARK = re.compile(r"# (v\d+-[0-9a-f]{8})\b[^\n]*")
_ABSENT = "-"


@dataclass(frozen=True)
class ThreeWay:
    """A key that is not alike in a file, in the version that the file was made from, and in the newest one; "-" where it lacks."""

    key: str
    base: str
    newest: str
    file: str

    @property
    def lost(self) -> bool:
        """Whether the file takes back what was changed after its base."""
        return self.newest not in (self.base, self.file)


class OverwriteError(StaleBaseError):
    """A file takes back what others have published since the version it was made from; `keys` is the three-way difference."""

    def __init__(self, base: ThresholdVersion, last: ThresholdVersion, keys: Sequence[ThreeWay]) -> None:
        lost = [key.key for key in keys if key.lost]
        taken_back = f"{', '.join(lost[:3])}{f' and {len(lost) - 3} more' if len(lost) > 3 else ''}"
        super().__init__(
            f"{last.author} published {last.version} at {iso(last.published_at_ms)}; this was made from {base.version},"
            f" and would take back {taken_back}",
            f"take the newer values over; or publish it over v{last.sequence} all the same (--over v{last.sequence})",
        )
        self.base, self.newest, self.keys = base.version, last.version, tuple(keys)


def mark(version: ThresholdVersion) -> str:
    """The line by which a file says which version it is."""
    return f"# {version.version}, in force from {iso(version.effective_from_ms)}"


def marked(text: str, version: ThresholdVersion) -> str:
    """`text` with the mark of `version` as its first line, in the place of its own mark if it has one."""
    own = _MARK.match(text)
    return mark(version) + (text[own.end() :] if own else f"\n{text}")


def made_from(text: str, wanted: Thresholds, known: Sequence[ThresholdVersion]) -> ThresholdVersion:
    """The version of `known`, which is not empty, that the file `text` with the content `wanted` was made from.

    It is the one that its first line names. A file that names none is taken to be made from the version from which it differs in
    the fewest keys, of several the oldest: rather one edit is refused that would have done no harm than one taken back unseen.
    """
    match = _MARK.match(text)
    for version in known:
        if match is not None and version.version == match[1]:
            return version
    return min(ordered(known), key=lambda version: len(difference(version.thresholds, wanted)))


def three_way(base: Thresholds, last: Thresholds, file: Thresholds) -> list[ThreeWay]:
    """The keys that are not alike in all three, in the order of a file."""
    sides = [flat(thresholds) for thresholds in (base, last, file)]
    keys = dict.fromkeys(key for side in reversed(sides) for key in side)
    rows = [ThreeWay(key, *(side.get(key, _ABSENT) for side in sides)) for key in keys]
    return [row for row in rows if not row.base == row.newest == row.file]


def refuse_overwrite(known: Sequence[ThresholdVersion], wanted: Thresholds, base: ThresholdVersion, over: str = "") -> None:
    """Raises OverwriteError when `wanted`, made from `base`, takes back a newer version that `over` does not name.

    Raises VersionError when `over` names another version than the newest.
    """
    last = newest(known)
    if last is None:
        return
    if over:
        if (chosen := find(known, over)) != last:
            raise VersionError(f"--over {chosen.version}: the newest version is {last.version}", "look at what that one changed")
        return
    keys = three_way(base.thresholds, last.thresholds, wanted)
    if any(key.lost for key in keys):
        raise OverwriteError(base, last, keys)
