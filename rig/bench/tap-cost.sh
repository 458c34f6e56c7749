# SPDX-License-Identifier: GPL-2.0-or-later
# What rig-tap costs: throughput of a watched rig-nic under full traffic, and
# the guest's time for a marker.
#
# Throughput is that of the sample miniport in the NDIS host, in two machines
# that differ in the tap alone and take turns: on, off, off, on, so that a
# drift of the host cancels out. Frames per second are by the clock; the ratio is
# the median, over all pairs, of the processor time that QEMU took without a tap
# by that with one, which other work on the host disturbs less. A marker is timed
# in the guest, 20,000 in a row, the stream going to a file; it is what the NDIS
# host writes for a call that is traced. The quickest of ten times counts: the
# others were disturbed.
# BENCH_PAIRS and BENCH_FRAMES (of a turn) set how long it takes.

. rig/bench/machine.inc

pairs=${BENCH_PAIRS:-40}
frames=${BENCH_FRAMES:-8192}

echo "tap-cost: $pairs pairs of turns of $frames frames, of each length" >&2
parameters="leg=rig-nic rounds=$pairs frames=$frames"
start on "$parameters" $(nic rig-nic 8) $(tap "$WORK/events")
on=$!
exec 3>"$WORK/on.in" 4<"$WORK/on.out"
start off "$parameters" $(nic rig-nic 8)
off=$!
exec 5>"$WORK/off.in" 6<"$WORK/off.out"
for round in $(seq $((pairs * 2))); do
    if [ $((round / 2 % 2)) -eq 0 ]; then
        turn 3 4 $on on && turn 5 6 $off off || exit 1
    else
        turn 5 6 $off off && turn 3 4 $on on || exit 1
    fi
done >"$WORK/turns" || exit 1

echo "tap-cost: markers" >&2
(machine "leg=marker rounds=10 frames=20000" $(nic rig-nic 8) \
    $(tap "$WORK/events")) >"$WORK/markers" </dev/null
grep -q bench-done "$WORK/markers" || failed tap-cost "$WORK/markers"

awk "$MEDIAN"'
/bench marker/ {
    sub(/.*bench /, "")
    us = $4 / $3 / 1000
    if (!marker || us < marker)
        marker = us
}
$2 == "rig-nic" {
    pair = ++turns[$1, $3]
    cpu[$1, $3, pair] = $8 + $9
    fps[$1, $3] = fps[$1, $3] " " $4 / $5 * 1e9
    pairs = pair > pairs ? pair : pairs
}
END {
    for (size = 64; size <= 1514; size += 1450) {
        list = ""
        for (p = 1; p <= pairs; p++)
            list = list " " cpu["off", size, p] / cpu["on", size, p]
        printf "tap off, %d bytes\t%.0f\tframes/s\t-\t-\n", size,
            median(fps["off", size])
        printf "tap on, %d bytes\t%.0f\tframes/s\t%.3f\tratio>=0.99\n", size,
            median(fps["on", size]), median(list)
    }
    printf "marker\t%.2f\tus\t-\tvalue<=2\n", marker
}' "$WORK/turns" "$WORK/markers"
