"""Python function for Flink SQL: `title_hashtags(title)`, the hashtags of a title as ClickHouse's marts have them.

No job needs it: ClickHouse finds them when a title comes in. It is for statements of one's own:
`CREATE TEMPORARY FUNCTION title_hashtags AS 'udfs.flink.title_hashtags.title_hashtags' LANGUAGE PYTHON`.
"""

from __future__ import annotations

from pyflink.table import DataTypes
from pyflink.table.udf import udf

from connectors.hashtags import hashtags


@udf(result_type=DataTypes.ARRAY(DataTypes.STRING()))  # type: ignore[untyped-decorator]  # PyFlink has no type hints
def title_hashtags(title: str | None) -> list[str] | None:
    """Without the sign, composed (NFC), in lower case, each once, in order; NULL for NULL."""
    return None if title is None else hashtags(title)
