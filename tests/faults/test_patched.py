"""The broken variants are still patches of the product as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from .broken import VARIANTS, Variant
from .kinds import KINDS
from .patched import PROXIED, QUICK, patched_copy


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_variant_fits(variant: Variant, tmp_path: Path) -> None:
    patches = (PROXIED, *QUICK, *variant.patches)
    folder = patched_copy(tmp_path / "project", patches)
    for name, _, instead in variant.patches:
        assert instead in (folder / name).read_text(encoding="utf-8")
    assert variant.kind in KINDS
