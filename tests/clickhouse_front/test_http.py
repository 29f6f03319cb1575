"""The HTTP protocol itself: what curl and any HTTP client see."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest
import zstandard

from stack.clickhouse import blocks
from tests.waiting import until

from .conftest import READER, WRITER, FrontProcess

pytestmark = pytest.mark.clickhouse


def test_ping_wants_no_user(front: FrontProcess) -> None:
    with front.http(("", "")) as client:
        for path in ("/ping", "/"):
            answer = client.get(path)
            assert (answer.status_code, answer.text) == (200, "Ok.\n")
        assert client.head("/").status_code == 200
        assert client.options("/").status_code == 204
        assert client.get("/etc").status_code == 404
        assert client.request("DELETE", "/").status_code == 405


def test_answers_carry_clickhouse_headers(front: FrontProcess) -> None:
    answer = front.post("SELECT 1 AS x FORMAT JSON", query_id="my-id")
    assert answer.json()["data"] == [{"x": 1}]
    assert answer.headers["X-ClickHouse-Query-Id"] == "my-id"
    assert answer.headers["X-ClickHouse-Format"] == "JSON"
    assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
    assert answer.headers["X-ClickHouse-Server-Display-Name"] == "tokpulse"
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["result_rows"] == "1"
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


@pytest.mark.parametrize("user", [(WRITER[0], "wrong"), ("nobody", "x")])
def test_a_wrong_password_is_516(front: FrontProcess, user: tuple[str, str]) -> None:
    answer = front.post("SELECT 1", user=user)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (401, "516")
    assert "Code: 516. DB::Exception: " in answer.text


def test_users_by_header_and_by_url(front: FrontProcess) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{front.port}", timeout=30) as client:
        named = {"X-ClickHouse-User": READER[0], "X-ClickHouse-Key": READER[1]}
        assert client.get("/", params={"query": "SELECT 1"}, headers=named).text == "1\n"
        assert client.get("/", params={"query": "SELECT 1", "user": READER[0], "password": READER[1]}).text == "1\n"
        assert client.get("/", params={"query": "SELECT 1"}).status_code == 401
    assert READER[1] not in front.log


def test_the_query_is_the_parameter_continued_by_the_body(front: FrontProcess) -> None:
    assert front.post("+ 1", query="SELECT 1").text == "2\n"


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELECT * FROM no_such_table", 404, 60),
        ("SELECT 1 FROM", 400, 62),
        ("SELEC 1", 400, 62),
        ("SELECT no_such_column", 404, 47),
        ("SELECT 1 SETTINGS no_such_setting = 1", 404, 115),
        ("SELECT toDate('x')", 400, 38),
        ("SELECT throwIf(1)", 500, 395),
        ("SELECT * FROM no_such_database.t", 404, 81),
        ("SELECT 1; SELECT 2", 400, 62),
    ],
)
def test_errors_keep_their_code(front: FrontProcess, sql: str, status: int, code: int) -> None:
    answer = front.post(sql)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (status, str(code))
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


def test_unknown_settings_and_databases_in_the_url(front: FrontProcess) -> None:
    assert front.post("SELECT 1", no_such_setting="1").headers["X-ClickHouse-Exception-Code"] == "115"
    assert front.post("SELECT 1", database="no_such_db").headers["X-ClickHouse-Exception-Code"] == "81"
    assert front.post("SELECT getSetting('max_threads')", max_threads="1").text == "1\n"
    assert front.post("SELECT currentDatabase()", database="tokpulse").text == "tokpulse\n"


def test_get_only_reads(front: FrontProcess) -> None:
    with front.http() as client:
        answer = client.get("/", params={"query": "CREATE TABLE tokpulse.got (a Int8) ENGINE = Memory"})
    assert answer.headers["X-ClickHouse-Exception-Code"] == "164"


def test_parameters_are_escaped_text_as_in_clickhouse(front: FrontProcess) -> None:
    assert front.post("SELECT {s:String} FORMAT TSVRaw", param_s="it's \\\\ a\\tb").text == "it's \\ a\tb\n"
    assert front.post("SELECT {a:Array(String)} AS a FORMAT JSONCompactEachRow", param_a="['x','y']").json() == [["x", "y"]]
    assert front.post("SELECT count() FROM {t:Identifier}", param_t="system.one").status_code in (200, 404)


@pytest.mark.parametrize(
    "fmt",
    ["TSV", "TSVWithNames", "TSVWithNamesAndTypes", "CSV", "CSVWithNames", "JSONEachRow", "JSONCompactEachRowWithNames",
     "RowBinary", "RowBinaryWithNames", "RowBinaryWithNamesAndTypes", "Native", "JSON", "ArrowStream", "Parquet"],
)  # fmt: skip
def test_a_streamed_format_equals_the_same_rows_in_one_piece(front: FrontProcess, fmt: str) -> None:
    """Two million bytes and more come in many blocks; their heads must not be repeated."""
    rows = 200_000
    front.post("DROP TABLE IF EXISTS tokpulse.back")
    front.post('CREATE TABLE tokpulse.back (`a"b` UInt64, s String) ENGINE = Memory')
    query = f'SELECT number AS `a"b`, toString(number) AS s FROM numbers({rows}) FORMAT {fmt}'
    body = front.post(query).content
    if fmt != "JSON":
        head = f"INSERT INTO tokpulse.back FORMAT {fmt}\n".encode()
        stored = front.post(head + body)
        assert stored.status_code == 200, stored.text
        assert front.post('SELECT count(), sum(`a"b`), uniqExact(s) FROM tokpulse.back').text == (
            f"{rows}\t{rows * (rows - 1) // 2}\t{rows}\n"
        )
    else:
        assert len(json.loads(body)["data"]) == rows


@pytest.mark.parametrize("fmt", ["TSVWithNames", "CSVWithNames", "RowBinaryWithNamesAndTypes", "JSON"])
def test_an_empty_result_still_has_its_head(front: FrontProcess, fmt: str) -> None:
    assert b"name" in front.post(f"SELECT 1 AS name WHERE 0 FORMAT {fmt}").content


def test_bodies_and_answers_are_compressed(front: FrontProcess) -> None:
    sql = b"SELECT number FROM numbers(300000)"
    with front.http() as client:
        plain = client.post("/", content=sql).content
        packed = {"gzip": gzip.compress(sql), "zstd": zstandard.ZstdCompressor().compress(sql)}
        for name, body in packed.items():
            headers = {"Content-Encoding": name, "Accept-Encoding": name}
            with client.stream("POST", "/", params={"enable_http_compression": "1"}, content=body, headers=headers) as got:
                raw = b"".join(got.iter_raw())
                assert got.headers["Content-Encoding"] == name
            restored = gzip.decompress(raw) if name == "gzip" else zstandard.ZstdDecompressor().decompressobj().decompress(raw)
            assert restored == plain
        off = client.post("/", content=sql, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in off.headers


def test_clickhouse_blocks_both_ways(front: FrontProcess) -> None:
    sql = blocks.encode(b"SELECT number FROM numbers(300000)")
    answer = front.post(sql, compress="1", decompress="1")
    assert b"".join(blocks.decode([answer.content])).count(b"\n") == 300_000
    broken = front.post(sql[:-3] + b"xyz", decompress="1")
    assert broken.headers["X-ClickHouse-Exception-Code"] == "40"


def test_a_chunked_insert_larger_than_any_buffer(front: FrontProcess) -> None:
    front.post("CREATE TABLE IF NOT EXISTS tokpulse.chunked (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    line = "".join(f"{n}\t{'x' * 50}\n" for n in range(1000)).encode()

    def body() -> Iterator[bytes]:
        yield from (line for _ in range(400))

    with front.http() as client:
        answer = client.post("/", params={"query": "INSERT INTO tokpulse.chunked FORMAT TSV"}, content=body())
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "400000"
    assert front.post("SELECT count() FROM tokpulse.chunked").text == "400000\n"


def test_small_inserts_do_not_wait_for_delayed_acks(front: FrontProcess) -> None:
    """Head and body in two packets, as most clients send them, and a socket that allows delays."""
    front.post("CREATE TABLE IF NOT EXISTS tokpulse.small (a UInt64) ENGINE = MergeTree ORDER BY a")
    head = (
        "POST /?query=INSERT+INTO+tokpulse.small+FORMAT+TSV HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        f"X-ClickHouse-User: {WRITER[0]}\r\nX-ClickHouse-Key: {WRITER[1]}\r\n\r\n"
    ).encode()
    took = []
    with socket.create_connection(("127.0.0.1", front.port)) as connection:
        for _ in range(20):
            begun = time.perf_counter()
            connection.sendall(head)
            connection.sendall(b"1\n")
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
            took.append(time.perf_counter() - begun)
    # Delayed ACKs cost 40 ms each; the best of many says whether they are there, on any machine.
    assert min(took) < 0.035


def test_a_cut_off_insert_leaves_nothing(front: FrontProcess) -> None:
    front.post("CREATE TABLE IF NOT EXISTS tokpulse.cut (a UInt64) ENGINE = MergeTree ORDER BY a")
    with socket.create_connection(("127.0.0.1", front.port)) as connection:
        head = (
            "POST /?query=INSERT+INTO+tokpulse.cut+FORMAT+TSV HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n"
            f"X-ClickHouse-User: {WRITER[0]}\r\nX-ClickHouse-Key: {WRITER[1]}\r\n\r\n"
        )
        connection.sendall(head.encode() + b"1\n" * 2_000_000)
    until(lambda: "closed the connection" in front.log, 10, "the front has seen the end of the connection")
    assert front.post("SELECT count() FROM tokpulse.cut").text == "0\n"


def test_a_late_error_shows_in_the_body(front: FrontProcess) -> None:
    with socket.create_connection(("127.0.0.1", front.port)) as connection:
        sql = b"SELECT throwIf(number = 2900000) FROM numbers(3000000) SETTINGS max_threads = 1"
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(sql)}\r\nX-ClickHouse-User: {WRITER[0]}\r\n"
        connection.sendall(head.encode() + f"X-ClickHouse-Key: {WRITER[1]}\r\n\r\n".encode() + sql)
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"__exception__" in answer
    assert b"Code: 395." in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_wait_end_of_query_gives_late_errors_their_status(front: FrontProcess) -> None:
    sql = "SELECT throwIf(number = 2900000) FROM numbers(3000000) SETTINGS max_threads = 1"
    assert front.post(sql, wait_end_of_query="1").headers["X-ClickHouse-Exception-Code"] == "395"
    long = front.post("SELECT number FROM numbers(6000000)", wait_end_of_query="1")
    assert int(long.headers["Content-Length"]) == len(long.content) > 40_000_000


def test_sessions_keep_settings_and_temporary_tables(front: FrontProcess) -> None:
    assert front.post("SET max_threads = 1", session_id="s1").status_code == 200
    assert front.post("SELECT getSetting('max_threads')", session_id="s1", max_threads="2").text == "2\n"
    assert front.post("SELECT getSetting('max_threads')", session_id="s1").text == "1\n"
    assert front.post("CREATE TEMPORARY TABLE mine (a Int8)", session_id="s1").status_code == 200
    assert front.post("INSERT INTO mine VALUES (7)", session_id="s1").status_code == 200
    assert front.post("SELECT a FROM mine", session_id="s1", session_check="1").text == "7\n"
    assert front.post("SELECT a FROM mine", session_id="s2").status_code == 404
    assert front.post("SELECT 1", session_id="s3", session_check="1").headers["X-ClickHouse-Exception-Code"] == "372"
    assert front.post("SET max_threads = 1").headers["X-ClickHouse-Exception-Code"] == "36"
    assert front.post("SELECT 1", session_id="s1", close_session="1").status_code == 200
    assert front.post("SELECT a FROM mine", session_id="s1").status_code == 404


def test_a_table_sent_along(front: FrontProcess) -> None:
    with front.http() as client:
        answer = client.post(
            "/",
            params={
                "query": "SELECT sum(id) FROM sent WHERE name != {n:String}",
                "sent_structure": "id UInt64, name String",
            },
            files={"sent": b"1\ta\n2\tb\n", "param_n": (None, b"x")},
        )
        assert answer.text == "3\n"
        bad = client.post(
            "/",
            params={"query": "SELECT * FROM sent", "sent_structure": "id String DEFAULT file('/etc/hostname')"},
            files={"sent": b""},
        )
        assert bad.status_code in (400, 403)


def test_an_abandoned_query_is_stopped(front: FrontProcess) -> None:
    sql = "SELECT count() FROM numbers(100000000000) WHERE sleepEachRow(0.01) = 0 SETTINGS max_block_size = 10"
    with socket.create_connection(("127.0.0.1", front.port)) as connection:
        head = f"POST /?cancel_http_readonly_queries_on_client_close=1&query_id=abandoned HTTP/1.1\r\nHost: x\r\n"  # noqa: F541
        head += f"Content-Length: {len(sql)}\r\nX-ClickHouse-User: {WRITER[0]}\r\nX-ClickHouse-Key: {WRITER[1]}\r\n\r\n"
        connection.sendall((head + sql).encode())
        assert _wait_for(front, "1\n")
    assert _wait_for(front, "0\n")


def _wait_for(front: FrontProcess, running: str) -> bool:
    sql = "SELECT count() FROM system.processes WHERE Settings['log_comment'] LIKE 'abandoned:%'"
    return until(lambda: front.post(sql).text == running, 10, f"{running.strip()} abandoned queries run")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl(front: FrontProcess) -> None:
    base = f"http://127.0.0.1:{front.port}/"
    login = ["curl", "-sS", "--user", ":".join(WRITER)]

    def curl(*arguments: str, stdin: bytes = b"") -> str:
        return subprocess.run([*login, *arguments], input=stdin, capture_output=True, check=True, timeout=20).stdout.decode()

    assert curl(f"{base}?query=SELECT+1") == "1\n"
    curl(base, "-d", "CREATE TABLE IF NOT EXISTS tokpulse.curled (a UInt64) ENGINE = MergeTree ORDER BY a")
    # curl waits for "100 Continue" before it sends more than 1 MiB.
    many = b"".join(b"%d\n" % n for n in range(300_000))
    assert curl(f"{base}?query=INSERT+INTO+tokpulse.curled+FORMAT+TSV", "--data-binary", "@-", stdin=many) == ""
    assert curl(base, "-d", "SELECT count() FROM tokpulse.curled") == "300000\n"
    assert curl("--compressed", f"{base}?enable_http_compression=1&query=SELECT+1") == "1\n"
    assert "Code: 60." in curl(base, "-d", "SELECT * FROM nope")
