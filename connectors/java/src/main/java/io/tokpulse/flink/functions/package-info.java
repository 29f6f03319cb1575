/** Scalar functions for the SQL files that Flink's own functions cannot express. */
package io.tokpulse.flink.functions;
