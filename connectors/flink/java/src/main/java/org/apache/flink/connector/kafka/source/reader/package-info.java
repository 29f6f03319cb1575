/** A package of Flink's Kafka connector, for what only its members may see. */
package org.apache.flink.connector.kafka.source.reader;
