"""What became of records that were given to a client: its reports, and its errors as ours."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.kafka import clients
from connectors.kafka.producer_errors import DeliveryError, DeliveryFailure, FencedProducerError, ProducerError

_KEPT_FAILURES = 20
_ASK_SECONDS = 0.1


class DeliveryReports:
    """The records that Kafka did not take, and the last error that the client told; its callbacks write here."""

    def __init__(self) -> None:
        self._failures: list[DeliveryFailure] = []
        self._count = 0
        self.last_error = ""

    def on_delivery(self, error: KafkaError | None, message: Message) -> None:
        """The client's report on one record."""
        if error is None:
            return
        self._count += 1
        if len(self._failures) < _KEPT_FAILURES:
            key = message.key()
            text = key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key or "")
            partition = message.partition()
            self._failures.append(
                DeliveryFailure(message.topic() or "?", -1 if partition is None else partition, text, error.str() or str(error))
            )

    def on_error(self, error: KafkaError) -> None:
        """The client's report on anything else."""
        clients.remember(error)
        self.last_error = error.str() or str(error)

    def add_unsent(self, count: int) -> None:
        """So many are in the client's queue still, and are given up."""
        self._failures.append(DeliveryFailure("(queue)", -1, "", self.last_error or "timed out"))
        self._count += count

    def raise_failures(self) -> None:
        """Raises DeliveryError for what failed since the last call."""
        if self._failures:
            failures, count = tuple(self._failures), self._count
            self.clear()
            raise DeliveryError(failures, count)

    def clear(self) -> None:
        """What failed was part of a transaction that is aborted."""
        self._failures, self._count = [], 0


class Channel:
    """A client whose errors are ours. `reports` are those that it writes."""

    def __init__(self, client: Producer, reports: DeliveryReports, transactional_id: str | None, max_message_bytes: int) -> None:
        self.client, self.reports = client, reports
        self.transactional_id = transactional_id
        self._max_message_bytes = max_message_bytes

    def serve(self, timeout: float) -> None:
        """Serves delivery reports for `timeout` seconds. Raises ProducerError after a fatal error such as fencing."""
        try:
            self.client.poll(timeout)
        except (KafkaException, SystemError) as error:
            raise self._fatal(error) from error

    def flush(self, timeout: float) -> int:
        """Waits for `timeout` seconds at most; how many records are not in Kafka then. Raises as `serve`."""
        try:
            return int(self.client.flush(timeout))
        except (KafkaException, SystemError) as error:
            raise self._fatal(error) from error

    def refused(self, error: KafkaException, what: str) -> ProducerError:
        """The error that says `what` was refused, and why."""
        code = error.args[0].code() if error.args and isinstance(error.args[0], KafkaError) else None
        if code in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH):
            return FencedProducerError(
                f"{what}: another producer uses transactional id {self.transactional_id!r}",
                "stop the other one, or give this one its own id",
            )
        if code == KafkaError.MSG_SIZE_TOO_LARGE:
            return ProducerError(f"{what}: {clients.reason_of(error)}", f"the limit is {self._max_message_bytes} bytes")
        return ProducerError(f"{what}: {clients.reason_of(error)}", "`tokpulse status` shows the local stack")

    def _fatal(self, error: KafkaException | SystemError) -> Exception:
        # The client raises a fatal error inside a callback, where it comes out wrapped in a SystemError. Writing to a log that
        # somebody reads may lose it on the way: then the next call in the transaction tells.
        cause = error if isinstance(error, KafkaException) else error.__cause__
        if cause is None and self.transactional_id is not None:
            try:
                self.client.abort_transaction(_ASK_SECONDS)
            except KafkaException as answer:
                cause = answer
        return self.refused(cause, "the producer has failed") if isinstance(cause, KafkaException) else error
