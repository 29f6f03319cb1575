package io.tokpulse.flink.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * What {@link LiveAlerts} remembers of one host: follower counts, and of each room the gifts of the last minutes. Times are Unix
 * milliseconds. Reused for host after host.
 *
 * <p>Each event of a combo adds the diamonds by which the combo has grown, so that a combo counts as it goes and once in all. A new one
 * begins behind a {@code repeat_end}, with a count that falls, and after 60 s of silence, unless upstream names combos. An event that
 * was told in the last 10 minutes is a repeat: it adds nothing.
 */
final class RoomMinute {

    private static final long MINUTE = 60_000;
    private static final long REPEATS = 10 * MINUTE;

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    /** The newest record; 0 before the first. */
    long newest;

    private final TreeMap<Long, Long> snapshots = new TreeMap<>();
    private final Map<StringData, Room> rooms = new HashMap<>();

    private static final class Room {
        /** When it alerted last, of viewers and of diamonds; 0 if never. */
        long viewersAlerted;

        long diamondsAlerted;
        long newest;
        final Map<StringData, Combo> combos = new HashMap<>();
        /** When each event was told first. */
        final Map<StringData, Long> told = new HashMap<>();

        final List<long[]> gains = new ArrayList<>();
    }

    private record Combo(long count, long at, boolean hasEnded) {}

    void unpack(byte[] packed) {
        newest = 0;
        snapshots.clear();
        rooms.clear();
        if (packed == null) {
            return;
        }
        unpacking.reset(packed);
        newest = unpacking.number();
        for (long i = unpacking.number(); i > 0; i--) {
            snapshots.put(unpacking.signed(), unpacking.number());
        }
        while (unpacking.hasMore()) {
            Room room = new Room();
            rooms.put(text(), room);
            room.viewersAlerted = unpacking.number();
            room.diamondsAlerted = unpacking.number();
            room.newest = unpacking.number();
            for (long i = unpacking.number(); i > 0; i--) {
                room.combos.put(text(), new Combo(unpacking.number(), room.newest - unpacking.signed(), unpacking.number() == 1));
            }
            for (long i = unpacking.number(); i > 0; i--) {
                room.told.put(text(), room.newest - unpacking.signed());
            }
            for (long i = unpacking.number(); i > 0; i--) {
                room.gains.add(new long[] {room.newest - unpacking.signed(), unpacking.number()});
            }
        }
    }

    byte[] pack() {
        packing.reset();
        packing.number(newest);
        packing.number(snapshots.size());
        snapshots.forEach(
                (at, count) -> {
                    packing.signed(at);
                    packing.number(count);
                });
        for (Map.Entry<StringData, Room> entry : rooms.entrySet()) {
            pack(entry.getKey(), entry.getValue());
        }
        return packing.packed();
    }

    private void pack(StringData id, Room room) {
        text(id);
        packing.number(room.viewersAlerted);
        packing.number(room.diamondsAlerted);
        packing.number(room.newest);
        packing.number(room.combos.size());
        room.combos.forEach(
                (key, combo) -> {
                    text(key);
                    packing.number(combo.count);
                    packing.signed(room.newest - combo.at);
                    packing.number(combo.hasEnded ? 1 : 0);
                });
        packing.number(room.told.size());
        room.told.forEach(
                (key, at) -> {
                    text(key);
                    packing.signed(room.newest - at);
                });
        packing.number(room.gains.size());
        for (long[] gain : room.gains) {
            packing.signed(room.newest - gain[0]);
            packing.number(gain[1]);
        }
    }

    /** A snapshot of the host; those that no record from {@code newest - settled} on needs are dropped. */
    void learn(long at, long count, long settled) {
        snapshots.merge(at, count, Math::max);
        Long needed = snapshots.floorKey(newest - settled);
        if (needed != null) {
            snapshots.headMap(needed).clear();
        }
    }

    /** The followers of the latest snapshot at or before {@code at}; null when there is none. */
    Long followers(long at) {
        Map.Entry<Long, Long> latest = snapshots.floorEntry(at);
        return latest == null ? null : latest.getValue();
    }

    /** When all of it may be forgotten: so long after the newest record, or the newest snapshot. */
    long neededUntil(long afterRecords, long afterSnapshots) {
        long until = newest + afterRecords;
        return snapshots.isEmpty() ? until : Math.max(until, snapshots.lastKey() + afterSnapshots);
    }

    /** Takes a gift; the diamonds by which its combo has grown. */
    long add(RowData row, long at) {
        Room room = rooms.computeIfAbsent(row.getString(1), id -> new Room());
        room.newest = Math.max(room.newest, at);
        drop(room);
        if (room.told.putIfAbsent(row.getString(2), at) != null) {
            return 0;
        }
        long count = row.isNullAt(5) ? 1 : row.getLong(5);
        Combo before = room.combos.get(row.getString(3));
        boolean goesOn =
                before != null
                        && (row.getBoolean(4) || !before.hasEnded && count >= before.count && at - before.at <= MINUTE);
        long known = goesOn ? before.count : 0;
        boolean ends = !row.isNullAt(6) && row.getBoolean(6);
        room.combos.put(row.getString(3), new Combo(Math.max(count, known), at, ends || goesOn && before.hasEnded));
        long more = Math.max(count - known, 0) * (row.isNullAt(7) ? 0 : row.getLong(7));
        if (more > 0) {
            room.gains.add(new long[] {at, more});
        }
        return more;
    }

    /** Diamonds of the minute up to {@code at}, that moment included. */
    long diamonds(StringData id, long at) {
        long sum = 0;
        for (long[] gain : rooms.get(id).gains) {
            sum += gain[0] > at - MINUTE && gain[0] <= at ? gain[1] : 0;
        }
        return sum;
    }

    /** Whether the room may alert at {@code at}: it has not alerted in the {@code quiet} time before, nor later. */
    boolean alert(StringData id, boolean ofViewers, long at, long quiet) {
        Room room = rooms.computeIfAbsent(id, key -> new Room());
        long last = ofViewers ? room.viewersAlerted : room.diamondsAlerted;
        if (last != 0 && at - last < quiet) {
            return false;
        }
        room.newest = Math.max(room.newest, at);
        if (ofViewers) {
            room.viewersAlerted = at;
        } else {
            room.diamondsAlerted = at;
        }
        return true;
    }

    /** What no event to come needs. */
    private void drop(Room room) {
        long oldest = room.newest - REPEATS;
        room.combos.values().removeIf(combo -> combo.at < oldest);
        room.told.values().removeIf(at -> at < oldest);
        room.gains.removeIf(gain -> gain[0] < oldest);
        for (Iterator<Room> all = rooms.values().iterator(); all.hasNext(); ) {
            Room other = all.next();
            if (other != room && other.newest < newest - 24 * 60 * MINUTE) {
                all.remove();
            }
        }
    }

    private StringData text() {
        return StringData.fromString(new String(unpacking.text(), StandardCharsets.UTF_8));
    }

    private void text(StringData text) {
        packing.text(text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
