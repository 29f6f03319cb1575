"""Kafka transactions: begun, committed or aborted, and what nobody knows said as such."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaException

from connectors.clock import wall_clock_ms
from connectors.kafka import clients
from connectors.kafka.delivery import Channel
from connectors.kafka.producer_errors import FencedProducerError, OutcomeUnknownError, ProducerError, TransactionExpiredError


class Transactions:
    """The transactions of one client with a transactional id. Not thread-safe. Brokers abort one that is open for `timeout_ms`."""

    def __init__(self, channel: Channel, timeout_ms: int) -> None:
        self._channel, self._reports = channel, channel.reports
        self._timeout_ms = timeout_ms
        self._begun_ms = 0
        self._initialised = False
        self._unfinished = False

    def take_over(self, timeout: float = 60.0) -> None:
        """Fences every other holder of the transactional id; what one of them left open is aborted when this returns.

        `begin` does it on first use otherwise.
        """
        try:
            if not self._initialised:
                self._channel.client.init_transactions(timeout)
                self._initialised = True
        except KafkaException as error:
            raise self._channel.refused(error, "cannot begin a transaction") from error

    @contextmanager
    def begin(self, timeout: float = 60.0) -> Iterator[None]:
        """One Kafka transaction: committed on leaving, aborted when the body raises or a record is not delivered.

        Needs a transactional id. Raises FencedProducerError when another producer holds it now, TransactionExpiredError when either
        that or the broker's timeout ended it, OutcomeUnknownError when the broker went away between the commit and its answer,
        another ProducerError when nothing is committed.
        """
        self.take_over(timeout)
        try:
            if self._unfinished:
                # A broker that was away did not hear of it; nothing else may begin before.
                self._channel.client.abort_transaction(timeout)
                self._unfinished = False
            self._channel.client.begin_transaction()
        except KafkaException as error:
            raise self._or_expired(self._channel.refused(error, "cannot begin a transaction")) from error
        # By the clock that brokers go by: it goes on while this process, or the whole machine, stands still.
        self._begun_ms = wall_clock_ms()
        committing = False
        try:
            yield
            left = self._channel.flush(timeout)
            self._reports.raise_failures()
            if left:
                raise ProducerError(
                    f"{left} record(s) are not in Kafka after {timeout:.0f} s: {self._reports.last_error or 'timed out'}",
                    "the transaction is aborted; `tokpulse status` shows the local broker",
                )
            committing = True
            self._channel.client.commit_transaction(timeout)
        except KafkaException as error:
            not_aborted = self._abort(timeout)
            refused = self._or_expired(self._channel.refused(error, "transaction aborted"))
            if committing and not_aborted and not isinstance(refused, FencedProducerError | TransactionExpiredError):
                raise OutcomeUnknownError(
                    f"no answer to a commit under {self._channel.transactional_id!r}: {clients.reason_of(error)}",
                    "start again when the broker answers, and read what is committed",
                ) from error
            raise refused from error
        except ProducerError as error:
            # Records that waited for too long here may be those of a transaction that was open for too long there.
            refused = self._or_expired(self._abort(timeout) or error)
            raise (refused if isinstance(refused, TransactionExpiredError) else self._or_expired(error)) from error
        except BaseException:
            self._abort(timeout)
            raise

    def _or_expired(self, error: ProducerError) -> ProducerError:
        """A broker answers alike to one whose transaction timed out and to one that another has replaced."""
        open_ms = wall_clock_ms() - self._begun_ms
        if not isinstance(error, FencedProducerError) or open_ms < self._timeout_ms:
            return error
        return TransactionExpiredError(
            f"the transaction timed out: it was open for {open_ms / 1000:.0f} s, and brokers abort it after"
            f" {self._timeout_ms / 1000:.0f} s; nothing of it is committed",
            "run it again, unless another one does the same work",
        )

    def _abort(self, timeout: float) -> ProducerError | None:
        """Why the transaction could not be aborted; None when it is."""
        try:
            self._channel.client.abort_transaction(timeout)
        except KafkaException as error:  # a fenced or unreachable producer cannot abort; the broker's timeout will
            self._reports.last_error = clients.reason_of(error)
            self._unfinished = True
            return self._channel.refused(error, "transaction not aborted")
        finally:
            self._reports.clear()
        return None
