# SPDX-License-Identifier: GPL-2.0-or-later
# What rig-tap costs: throughput of a watched rig-nic under full traffic, and
# the guest's time for a marker.
#
# Throughput is that of the sample miniport in the NDIS host, through two NICs
# of one machine that differ in this alone: the tap watches one and not the
# other. They take turns, one after the other and then the other way round.
# Frames per second are by the clock; the ratio is the median, over all pairs, of
# the processor time that QEMU took for the NIC without by that for the NIC with,
# which other work on the host disturbs less. A marker is timed in the guest,
# 20,000 in a row, the stream going to a file; it is what the NDIS host writes
# for a call that is traced. The quickest of ten times counts: the others were
# disturbed.
# BENCH_PAIRS and BENCH_FRAMES (of a turn) set how long it takes: 40 pairs told
# 0.97 to 1.03 of the same thing on a machine with other work, 160 pairs 0.994 to
# 1.005.

. rig/bench/machine.inc

pairs=${BENCH_PAIRS:-160}
frames=${BENCH_FRAMES:-8192}

echo "tap-cost: $pairs pairs of turns of $frames frames, of each length" >&2
start nics "legs=rig-nic,other rounds=$pairs frames=$frames" \
    $(nic rig-nic 8) $(nic rig-nic 9) $(tap "$WORK/events")
qemu=$!
exec 3>"$WORK/nics.in" 4<"$WORK/nics.out"
for n in $(seq $((pairs * 4))); do
    turn 3 4 $qemu turn || exit 1
done >"$WORK/turns" || exit 1

echo "tap-cost: markers" >&2
(machine "legs=marker rounds=10 frames=20000" $(nic rig-nic 8) \
    $(tap "$WORK/events")) >"$WORK/markers" </dev/null
grep -q bench-done "$WORK/markers" || failed tap-cost "$WORK/markers"

awk "$MEDIAN"'
/bench marker/ {
    sub(/.*bench /, "")
    us = $4 / $3 / 1000
    if (!marker || us < marker)
        marker = us
}
$1 == "turn" {
    pair = ++turns[$2, $3]
    cpu[$2, $3, pair] = $8 + $9
    fps[$2, $3] = fps[$2, $3] " " $4 / $5 * 1e9
    pairs = pair
}
END {
    for (size = 64; size <= 1514; size += 1450) {
        list = ""
        for (p = 1; p <= pairs; p++)
            list = list " " cpu["other", size, p] / cpu["rig-nic", size, p]
        printf "not watched, %d bytes\t%.0f\tframes/s\t-\t-\n", size,
            median(fps["other", size])
        printf "watched, %d bytes\t%.0f\tframes/s\t%.3f\tratio>=0.99\n",
            size, median(fps["rig-nic", size]), median(list)
    }
    printf "marker\t%.2f\tus\t-\tvalue<=2\n", marker
}' "$WORK/turns" "$WORK/markers"
