/** The published thresholds as running tasks know them, and what they say of a post or a user. */
package io.tokpulse.flink.thresholds;
