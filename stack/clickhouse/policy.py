"""What statements may do, as data: the lists that guard.py and engine.py enforce."""

from __future__ import annotations

import re
from typing import Final

# Statements that change nothing; EXPLAIN and WITH are looked into further.
READING: Final = frozenset({"select", "with", "from", "show", "describe", "desc", "explain", "exists"})
# Reading statements that the engine can hand out block by block.
STREAMABLE_READS: Final = frozenset({"select", "with", "from"})
WRITING: Final = frozenset(
    {"insert", "create", "replace", "alter", "drop", "truncate", "rename", "exchange", "optimize", "delete", "update"}
    | {"use", "set", "check", "kill", "attach", "detach", "undrop", "system"}
)
# Statements that a server knows and this front serves to nobody.
REFUSED: Final = frozenset(
    {"grant", "revoke", "backup", "restore", "execute", "begin", "commit", "rollback", "copy", "import", "export"}
    | {"watch", "move", "assume", "async", "call", "load", "unload"}
)
# Statements that leave something behind which runs later.
DEFINING: Final = frozenset({"create", "replace", "alter", "update", "delete", "attach"})
# Table functions that give the more rows, the more rights one has, and engines that reach other tables.
DEPENDS_ON_RIGHTS: Final = frozenset({"merge", "viewifpermitted"})
BORROWING_ENGINES: Final = frozenset({"merge", "buffer", "dictionary"})
# What a read-only user may see of `system`, which is open to everybody in the embedded engine: nothing of other users, such as
# their statements and the texts of their errors. Those of tables and columns show what one has a grant on.
READER_SYSTEM_TABLES: Final = frozenset(
    {"one", "numbers", "numbers_mt", "zeros", "zeros_mt", "settings", "functions", "table_functions", "data_type_families"}
    | {"formats", "databases", "tables", "columns", "build_options", "time_zones", "table_engines", "keywords"}
    | {"aggregate_function_combinators", "contributors", "licenses"}
)
READER_SHOWS: Final = frozenset({"tables", "databases", "columns", "fields", "full", "create", "functions", "settings", "engines"})
CREATABLE: Final = frozenset({"database", "table", "view", "dictionary", "index"})
DROPPABLE: Final = CREATABLE
ATTACHABLE: Final = frozenset({"table", "database", "dictionary"})
SYSTEM_COMMANDS: Final = (
    *("stop merges", "start merges", "stop ttl merges", "start ttl merges", "flush async insert queue"),
    *("reload dictionary", "reload dictionaries", "wait loading parts", "sync merges", "drop query cache"),
    *("refresh view", "wait view", "start view", "stop view", "cancel view"),
)

_MERGE_TREES: Final = frozenset(
    f"{kind}mergetree" for kind in ("", "replacing", "summing", "aggregating", "collapsing", "versionedcollapsing", "coalescing")
)
TABLE_ENGINES: Final = _MERGE_TREES | {
    *("memory", "null", "log", "tinylog", "stripelog", "set", "join", "buffer", "merge", "generaterandom"),
    *("view", "materializedview", "dictionary", "atomic"),
}

# Table functions that keep to the database's own data. The engine's list minus these is refused.
TABLE_FUNCTIONS: Final = frozenset(
    {"numbers", "numbers_mt", "zeros", "zeros_mt", "primes", "generaterandom", "generateseries", "generate_series"}
    | {"values", "sqlstandardvalues", "view", "viewifpermitted", "viewexplain", "merge", "null", "format", "dictionary"}
    | {"mergetreeindex", "mergetreeprojection"}
)
# Of these, the ones with a column list given as text (which may hide DEFAULT expressions).
STRUCTURED_FUNCTIONS: Final = frozenset({"format", "null", "generaterandom"})

FORBIDDEN_FUNCTIONS: Final = frozenset(
    {"file", "filecluster", "filesystem", "url", "urlcluster", "s3", "s3cluster", "gcs", "oss", "cosn"}
    | {"azureblobstorage", "azureblobstoragecluster", "hdfs", "hdfscluster", "remote", "remotesecure", "cluster"}
    | {"clusterallreplicas", "mysql", "postgresql", "mongodb", "redis", "sqlite", "jdbc", "odbc", "executable"}
    | {"iceberg", "iceberglocal", "icebergs3", "icebergazure", "iceberghdfs", "icebergcluster", "deltalake"}
    | {"deltalakelocal", "deltalakes3", "deltalakeazure", "deltalakecluster", "hudi", "hudicluster", "paimon"}
    | {"paimonlocal", "paimons3", "paimonazure", "paimonhdfs", "python", "arrowflight", "arrowstream", "bigquery"}
    | {"ytsaurus", "prometheusquery", "prometheusqueryrange", "eval", "loop", "fuzzquery", "fuzzjson", "input"}
    | {"hive", "kafka", "nats", "rabbitmq", "disk", "evalmlmethod"}
)
# Ordinary functions that reach outside. They are refused as bare names too, because a name
# alone is enough for APPLY(file) and arrayMap(file, ...).
FORBIDDEN_NAMES: Final = frozenset(
    {"file", "addresstoline", "addresstolinewithinlines", "addresstosymbol", "logtrace", "showcertificate"}
    | {"aiclassify", "aiembed", "aiextract", "aifilter", "aigenerate", "airedact", "aisimilarity", "aitranslate"}
    | {"catboostevaluate"}
)

# Settings that change how a statement is parsed, hold expressions or queries as text, or name
# files and addresses. users.xml makes the existing ones constant in the engine as well.
FORBIDDEN_SETTING: Final = re.compile(
    r"""
      .*dialect.* | implicit_select | profile | readonly | filter | additional_.*_filters?
    | schema_inference_hints | format_schema.* | format_template_.* | format_avro_schema_registry_.*
    | output_format_schema | input_format_record_errors_file_path | parallel_replicas_custom_key.*
    | input_format_values_(interpret_expressions|deduce_templates_of_expressions)
    | allow_experimental_eval_table_function | ast_fuzzer.* | url_base | ai_function.* | backup_.*
    | http_allow_.* | .*_file_path | s3_allow_server_credentials.* | default_view_definer
    | param_.* | allow_introspection_functions | allow_suspicious_.*
    """,
    re.VERBOSE | re.IGNORECASE,
)

# What a read-only user may set over HTTP; the numbers are upper limits (None: any value).
READER_SETTINGS: Final[dict[str, int | None]] = {
    "max_execution_time": 60,
    "max_result_rows": 5_000_000,
    "max_result_bytes": 2_000_000_000,
    "max_threads": 16,
    "max_block_size": 1_000_000,
    "max_memory_usage": 4_000_000_000,
    "max_rows_to_read": None,
    "max_bytes_to_read": None,
    "result_overflow_mode": None,
    "final": None,
    "log_comment": None,
    "session_timezone": None,
    "date_time_output_format": None,
    "join_use_nulls": None,
    "use_query_cache": None,
    "enable_http_compression": None,
    "http_zlib_compression_level": None,
    "send_progress_in_http_headers": None,
    "http_headers_progress_interval_ms": None,
    "cancel_http_readonly_queries_on_client_close": None,
    "wait_end_of_query": None,
    "readonly": None,
    "extremes": None,
    "async_insert": None,
    "wait_for_async_insert": None,
    "output_format_json_quote_64bit_integers": None,
    "output_format_json_named_tuples_as_objects": None,
    "output_format_native_encode_types_in_binary_format": None,
    "output_format_binary_write_json_as_string": None,
    "output_format_arrow_string_as_string": None,
    "output_format_arrow_compression_method": None,
    "limit": None,
    "offset": None,
    "prefer_column_name_to_alias": None,
}
READER_DEFAULTS: Final[dict[str, str]] = {
    "max_execution_time": "60",
    "max_result_rows": "5000000",
    "max_result_bytes": "2000000000",
    "max_memory_usage": "4000000000",
    "result_overflow_mode": "throw",
}


def is_forbidden_setting(name: str) -> bool:
    """True for a setting that no user may change over HTTP."""
    return FORBIDDEN_SETTING.fullmatch(name) is not None
