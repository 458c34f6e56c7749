# SPDX-License-Identifier: GPL-2.0-or-later
# Frames per second: rig-nic with the sample miniport in the NDIS host, beside
# igb and e1000e with Linux's own drivers, in one guest, in turns.
#
# The ratio of another NIC's frames is the median, over all rounds, of its time
# by rig-nic's; that of its exits is rig-nic's by its own.
# Exits are accesses to memory and port regions that QEMU emulates, counted by
# its trace events in a run of their own; interrupts and context switches are
# the guest's. The processor time per frame is that of QEMU's vCPU thread, which
# runs the guest and what its exits ask of the device, and that of its other
# threads: the reflector, and the device when frames come in.
# BENCH_ROUNDS and BENCH_FRAMES (of a turn) set how long it takes.

. rig/bench/machine.inc

rounds=${BENCH_ROUNDS:-15}
frames=${BENCH_FRAMES:-8192}
nics="$(nic rig-nic 8) $(nic igb 9 ,romfile=) $(nic e1000e 7 ,romfile=)"

echo "data-plane: $rounds rounds of 6 turns of $frames frames" >&2
legs=legs=rig-nic,igb,e1000e
start times "$legs rounds=$rounds frames=$frames" $nics
qemu=$!
exec 3>"$WORK/times.in" 4<"$WORK/times.out"
for n in $(seq $((rounds * 6))); do
    turn 3 4 $qemu turn || exit 1
done >"$WORK/times" || exit 1

echo "data-plane: counting exits" >&2
(machine "$legs rounds=1 frames=2048" $nics $(tap "$WORK/events") \
    -trace memory_region_ops_read -trace memory_region_ops_write \
    -D "$WORK/trace") >"$WORK/counted" </dev/null
grep -q bench-done "$WORK/counted" || failed data-plane "$WORK/counted"

# Slot 63 of the tap marks the beginning and the end of a turn.
awk '
FILENAME ~ /counted$/ && /bench [a-z]/ {
    sub(/.*bench /, "")
    leg[++legs] = $1 " " $2
    sent = $3
    next
}
/write.*value 0x3f .*rig-tap-regs/ { marks++; next }
marks % 2 { exits[leg[(marks + 1) / 2]]++ }
END {
    for (i in exits)
        printf "exits %s %.4f\n", i, exits[i] / sent
}' "$WORK/counted" "$WORK/trace" >"$WORK/exits"

awk "$MEDIAN"'

function figure(name, value, unit, ratio, goal) {
    printf "%s\t%s\t%s\t%s\t%s\n", name, value, unit, ratio, goal
}

# How much longer the other NIC took, in the middle of all rounds.
function times_faster(nic, size,    list, r) {
    for (r = 1; r <= rounds; r++)
        list = list " " ns[nic, size, r] / ns["rig-nic", size, r]
    return sprintf("%.2f", median(list))
}

function report(nic, size,    what, faster, fewer) {
    what = nic ", " size " bytes"
    faster = fewer = "-"
    if (nic != "rig-nic") {
        faster = times_faster(nic, size)
        fewer = sprintf("%.2f", exits["rig-nic", size] / exits[nic, size])
    }
    figure(what, sprintf("%.0f", median(fps[nic, size])), "frames/s", faster,
        nic == "igb" ? "ratio>=1.5" : "-")
    figure(what, exits[nic, size], "exits/frame", fewer,
        nic == "igb" ? "ratio<=1" : "-")
    figure(what, sprintf("%.3f", median(irqs[nic, size])), "irqs/frame", "-",
        "-")
    figure(what, sprintf("%.3f", median(switches[nic, size])),
        "switches/frame", "-", "-")
    figure(what, sprintf("%.1f", median(vcpu[nic, size])), "us vCPU/frame",
        "-", "-")
    figure(what, sprintf("%.1f", median(others[nic, size])),
        "us other/frame", "-", "-")
}

/^exits / { exits[$2, $3] = $4; next }
$1 == "turn" {
    round = ++turns[$2, $3]
    ns[$2, $3, round] = $5
    fps[$2, $3] = fps[$2, $3] " " $4 / $5 * 1e9
    irqs[$2, $3] = irqs[$2, $3] " " $6 / $4
    switches[$2, $3] = switches[$2, $3] " " $7 / $4
    vcpu[$2, $3] = vcpu[$2, $3] " " $8 / $4 / 1000
    others[$2, $3] = others[$2, $3] " " $9 / $4 / 1000
    rounds = round > rounds ? round : rounds
}
END {
    for (size = 64; size <= 1514; size += 1450) {
        report("rig-nic", size)
        report("igb", size)
        report("e1000e", size)
    }
}' "$WORK/exits" "$WORK/times"
