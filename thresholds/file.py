"""Reads `thresholds.yaml`: every mistake is refused with its line, its key, the reason and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import yaml

from connectors.errors import TokpulseError
from connectors.files import replace_file
from connectors.paths import REPOSITORY
from connectors.yaml_file import TOP_LEVEL, TreeError, compose
from thresholds.model import (
    MAX_OBSERVATIONS,
    MAX_QUIET_MINUTES,
    MAX_WITHIN_HOURS,
    UNKNOWN_TIER,
    FollowerGain,
    Live,
    Momentum,
    Thresholds,
    Tier,
)
from thresholds.reader import LIMIT, NodeReader, Problem, line_of

FILE_NAME = "thresholds.yaml"
SHIPPED_FILE = REPOSITORY / FILE_NAME
MAX_BYTES = 256 * 1024
_SHOWN_PROBLEMS = 5
_COVER = "tiers are listed from 0 followers up, each begins where the one before ends, and the last has no below_followers"


@dataclass(frozen=True)
class _Placed:
    """A tier as far as it is right: what is None is missing, or was reported. `endless`: nothing in it may be meant as its end."""

    mapping: yaml.Node
    nodes: Mapping[str, yaml.Node]
    endless: bool
    name: str | None
    begin: int | None
    below: int | None
    rate: float | None

    @property
    def called(self) -> str:
        """Its name, where that is known."""
        return self.name or "the tier"


class ThresholdsFileError(TokpulseError):
    """A file of thresholds that is refused: the message is `path:line: key: reason` of the first of its `problems`."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        first, *others = problems
        where = f"{path}:{first.line}" if first.line else str(path)
        also = "; ".join(f"line {problem.line}: {problem.key}: {problem.reason}" for problem in others[:_SHOWN_PROBLEMS])
        more = f"; and {len(others) - _SHOWN_PROBLEMS} more" if len(others) > _SHOWN_PROBLEMS else ""
        hint = first.allowed + (f" (also wrong: {also}{more})" if also else "")
        super().__init__(f"{where}: {first.key}: {first.reason}", hint)
        self.path = path
        self.problems = tuple(problems)


def default_file() -> Path:
    """`thresholds.yaml` of the current directory when there is one, else the one of the project."""
    here = Path(FILE_NAME)
    return here if here.exists() else SHIPPED_FILE


def load_thresholds(path: Path) -> Thresholds:
    """The thresholds of `path`. Raises ThresholdsFileError."""
    return parse_thresholds(file_text(path), path)


def parse_thresholds(text: str, path: Path = SHIPPED_FILE) -> Thresholds:
    """The thresholds in `text`; `path` is named in errors. Raises ThresholdsFileError with every problem, in the order of lines."""
    reader = NodeReader()
    try:
        root = compose(text)
    except TreeError as error:
        raise ThresholdsFileError(path, [Problem(error.line, error.key, error.reason, error.allowed)]) from None
    if root is None or (isinstance(root, yaml.ScalarNode) and not root.value):
        raise ThresholdsFileError(
            path, [Problem(1, TOP_LEVEL, "the file is empty", "it must hold trending, followers and warnings")]
        )
    thresholds = _thresholds(reader, root)
    if thresholds is None or reader.problems:
        raise ThresholdsFileError(path, sorted(reader.problems, key=lambda problem: problem.line))
    return thresholds


def file_text(path: Path) -> str:
    """The file as text; its size is looked at before it is read. Raises ThresholdsFileError."""
    try:
        if path.is_dir():
            raise ThresholdsFileError(path, [Problem(0, "(file)", "is a directory", f"name a file like {FILE_NAME}")])
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ThresholdsFileError(path, [Problem(0, "(file)", reason, f"name a file like {FILE_NAME}")]) from None
    if len(raw) > MAX_BYTES:
        allowed = f"at most {MAX_BYTES // 1024} KiB"
        raise ThresholdsFileError(path, [Problem(1, "(file)", f"is larger than {MAX_BYTES // 1024} KiB", allowed)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8: byte 0x{raw[error.start]:02x}"
        raise ThresholdsFileError(path, [Problem(line, "(text)", reason, "save the file as UTF-8")]) from None


def save_text(path: Path, text: str) -> str:
    """Replaces the file in one step; it keeps its mode. Returns what happened, also when it failed: the version is published."""
    target = path.resolve()
    try:
        replace_file(target, text, target.stat().st_mode & 0o777 if target.exists() else None)
    except OSError as error:
        return f"{path} is not saved: {error.strerror}"
    return f"saved {path}"


def _thresholds(reader: NodeReader, root: yaml.Node) -> Thresholds | None:
    top = reader.mapping(root, "", ("trending", "followers", "warnings"), ("momentum", "live"))
    trending = reader.mapping(top.get("trending"), "trending", ("tiers", "unknown_authors"))
    tiers = _tiers(reader, trending.get("tiers"))
    unknown = reader.mapping(trending.get("unknown_authors"), "trending.unknown_authors", ("plays_per_hour",))
    unknown_rate = reader.number(unknown.get("plays_per_hour"), "trending.unknown_authors.plays_per_hour")
    followers = reader.mapping(top.get("followers"), "followers", ("gains",))
    gains = _gains(reader, followers.get("gains"))
    warnings = reader.mapping(top.get("warnings"), "warnings", ("negative_delta_plays",))
    limit = reader.integer(warnings.get("negative_delta_plays"), "warnings.negative_delta_plays", 1, LIMIT)
    momentum = _momentum(reader, top.get("momentum"), tiers)
    live = _live(reader, top.get("live"), tiers)
    if tiers is None or unknown_rate is None or gains is None or limit is None or reader.problems:
        return None
    whole = tuple(
        Tier(tier.name, tier.begin, tier.below, tier.rate)
        for tier in tiers
        if tier.name is not None and tier.begin is not None and tier.rate is not None
    )
    return Thresholds(whole, unknown_rate, gains, limit, momentum, live)


def _tiers(reader: NodeReader, node: yaml.Node | None) -> list[_Placed] | None:
    """Each tier as far as it is right; None where there are none."""
    path = "trending.tiers"
    items = reader.sequence(node, path)
    if items is None:
        return None
    if not items and node is not None:
        reader.problem(
            node, path, "is an empty list", "give at least one tier: {name: all, from_followers: 0, plays_per_hour: 1000}"
        )
        return None
    placed = [_tier(reader, item, f"{path}[{index}]") for index, item in enumerate(items)]
    names: dict[str, int] = {}
    for index, tier in enumerate(placed):
        if tier.name is not None and names.setdefault(tier.name, index) != index:
            reason = f"{tier.name} is also the name of {path}[{names[tier.name]}]"
            reader.problem(tier.nodes["name"], f"{path}[{index}].name", reason, "give each tier its own name")
    _refuse_gaps(reader, path, placed)
    return placed


def _tier(reader: NodeReader, node: yaml.Node, path: str) -> _Placed:
    known = len(reader.problems)
    entry = reader.mapping(node, path, ("name", "from_followers", "plays_per_hour"), ("below_followers",))
    return _Placed(
        node,
        entry,
        len(reader.problems) == known and "below_followers" not in entry,
        reader.name(entry.get("name"), f"{path}.name"),
        reader.integer(entry.get("from_followers"), f"{path}.from_followers", 0, LIMIT),
        reader.integer(entry.get("below_followers"), f"{path}.below_followers", 1, LIMIT),
        reader.number(entry.get("plays_per_hour"), f"{path}.plays_per_hour"),
    )


def _refuse_gaps(reader: NodeReader, path: str, placed: Sequence[_Placed]) -> None:
    """What is wrong between the tiers, as far as both sides are known."""
    first, last = placed[0], placed[-1]
    if first.begin:
        reason = f"the first tier begins at {first.begin}, not at 0"
        reader.problem(first.nodes["from_followers"], f"{path}[0].from_followers", reason, _COVER)
    for index, tier in enumerate(placed[:-1]):
        if tier.endless:
            reader.problem(tier.mapping, f"{path}[{index}].below_followers", "is missing: only the last tier has no end", _COVER)
        elif tier.below is not None and tier.begin is not None and tier.below <= tier.begin:
            reason = f"{tier.below} is not above from_followers, {tier.begin}"
            reader.problem(tier.nodes["below_followers"], f"{path}[{index}].below_followers", reason, _COVER)
    if last.below is not None:
        reason = f"the last tier ends at {last.below}: larger authors belong to no tier"
        reader.problem(last.nodes["below_followers"], f"{path}[{len(placed) - 1}].below_followers", reason, _COVER)
    for index, (tier, following) in enumerate(pairwise(placed), start=1):
        end, begin = tier.below, following.begin
        if end is None or begin is None or end == begin:
            continue
        what = f"authors with {end} to {begin - 1} followers have no tier" if begin > end else "the two overlap"
        reason = f"{following.called} begins at {begin}, {tier.called} ends at {end}: {what}"
        reader.problem(following.nodes["from_followers"], f"{path}[{index}].from_followers", reason, _COVER)


def _gains(reader: NodeReader, node: yaml.Node | None) -> tuple[FollowerGain, ...] | None:
    path = "followers.gains"
    rules: list[FollowerGain] = []
    spans: dict[int, int] = {}
    for index, item in enumerate(reader.sequence(node, path) or ()):
        key = f"{path}[{index}]"
        entry = reader.mapping(item, key, ("gained", "within_hours"))
        gained = reader.integer(entry.get("gained"), f"{key}.gained", 1, LIMIT)
        hours = reader.integer(entry.get("within_hours"), f"{key}.within_hours", 1, MAX_WITHIN_HOURS)
        if gained is None or hours is None:
            continue
        if spans.setdefault(hours, index) != index:
            reason = f"{hours} hours have a rule already, on line {line_of((node.value if node else [])[spans[hours]])}"
            reader.problem(entry["within_hours"], f"{key}.within_hours", reason, "one rule for each number of hours")
        rules.append(FollowerGain(gained, hours))
    return tuple(rules)


def _momentum(reader: NodeReader, node: yaml.Node | None, tiers: Sequence[_Placed] | None) -> Momentum | None:
    """The rule, if there is one."""
    entry = reader.mapping(node, "momentum", ("plays_per_hour", "least_observations", "quiet_hours"))
    least = reader.integer(entry.get("least_observations"), "momentum.least_observations", 2, MAX_OBSERVATIONS)
    quiet = reader.integer(entry.get("quiet_hours"), "momentum.quiet_hours", 1, MAX_WITHIN_HOURS)
    whole = _by_tier(reader, entry.get("plays_per_hour"), "momentum.plays_per_hour", tiers)
    return None if least is None or quiet is None or whole is None else Momentum(whole, least, quiet)


def _live(reader: NodeReader, node: yaml.Node | None, tiers: Sequence[_Placed] | None) -> Live | None:
    """The rule, if there is one."""
    entry = reader.mapping(node, "live", ("viewers", "diamonds_per_minute", "quiet_minutes"))
    quiet = reader.integer(entry.get("quiet_minutes"), "live.quiet_minutes", 1, MAX_QUIET_MINUTES)
    viewers, diamonds = (_by_tier(reader, entry.get(name), f"live.{name}", tiers) for name in ("viewers", "diamonds_per_minute"))
    return None if quiet is None or viewers is None or diamonds is None else Live(viewers, diamonds, quiet)


def _by_tier(
    reader: NodeReader, node: yaml.Node | None, path: str, tiers: Sequence[_Placed] | None
) -> tuple[tuple[str, float], ...] | None:
    """A number for each tier of trending and for unknown authors; they are not looked at while one of the tiers has no name."""
    known = [tier.name for tier in tiers or () if tier.name is not None]
    if tiers is None or len(known) < len(tiers):
        return None
    names = [*dict.fromkeys(known), UNKNOWN_TIER]
    nodes = reader.mapping(node, path, names)
    values = [(name, reader.number(nodes.get(name), f"{path}.{name}")) for name in names]
    whole = tuple((name, value) for name, value in values if value is not None)
    return whole if len(whole) == len(names) else None
