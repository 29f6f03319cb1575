/** How much of its memory a TaskManager has in use, said before it is too late. */
package io.tokpulse.flink.memory;
