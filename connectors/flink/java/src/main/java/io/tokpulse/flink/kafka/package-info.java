/** What Flink's Kafka sources and sinks need beside their options. */
package io.tokpulse.flink.kafka;
