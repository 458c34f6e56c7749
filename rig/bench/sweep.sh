# SPDX-License-Identifier: GPL-2.0-or-later
# Failure paths per minute: a sweep with one fault at a time of the sample
# driver, every call that may fail, and what a path's time goes into. Beside it
# Linux's own driver of an e1000e, bound and unbound as often.
#
# Processor time is that of all processes, boot taken off by a run of one
# cycle, so that it holds on a busy machine, too. What a path consists of is
# guest time, which counts instructions (16 ns each), the median over all paths;
# sleeps of the kernel in a function level reset are no instructions and left
# out. BENCH_CYCLES bounds the paths, and is the number of binds.
#
# A complete sweep fails every call (--per-site 0); by default, of a call site
# up to four. Both are timed with their boot; the complete one on one machine, on
# as many side by side as there are processors, and so from a snapshot. Where
# the processors are busy all the time, processor time is what bounds it.

RIG=build/rig/rig
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cycles=${BENCH_CYCLES:-1000}
machines=$(nproc)
machines=$((machines > 4 ? 4 : machines))
binds=$((cycles < 50 ? cycles : 50))

# Processor seconds of all children so far.
children() {
    times >"$WORK/times" # not in a pipe: that would be another shell
    awk 'END { split($1, u, "m"); split($2, s, "m")
               print u[1] * 60 + u[2] + s[1] * 60 + s[2] }' "$WORK/times"
}

# run NAME ARGUMENTS...: $cpu is the processor time, $xml its run.xml.
run() {
    name=$1
    shift
    children >"$WORK/before"
    "$RIG" "$@" --results "$WORK/$name" -q >"$WORK/$name.out" 2>&1 </dev/null
    case $? in
    0) ;;
    *) echo "sweep: rig $1 failed:" >&2
       tail -n 20 "$WORK/$name.out" >&2
       exit 1 ;;
    esac
    children >"$WORK/after"
    cpu=$(paste -d ' ' "$WORK/after" "$WORK/before" | awk '{ print $1 - $2 }')
    xml=$(ls -d "$WORK/$name"/runs/*)/run.xml
}

# of FILE ELEMENT ATTRIBUTE: of the first such element.
of() {
    sed -n "s/.*<$2 [^>]*$3=\"\\([^\"]*\\)\".*/\\1/p" "$1" | head -n 1
}

# sweep NAME CYCLES PER-SITE MACHINES [START]
sweep() {
    run "$1" sweep build/drivers/clean/rignic.inf --lives none \
        --per-site "$3" --device-faults none --limit "$2" --workers "$4" \
        --start "${5:-cold}"
}

# linux NAME N: the scenario that binds and unbinds N times.
linux() {
    cat >"$WORK/$1.xml" <<SCENARIO
<scenario name="$1">
  <title>Bound and unbound</title>
  <driver linux="e1000e"/>
  <machine nic="e1000e" wall-seconds="3600"/>
  <cycle repeat="$2"><bind/><unbind/></cycle>
</scenario>
SCENARIO
    run "$1" run "$WORK/$1.xml"
}

echo "sweep: the sample driver, up to $cycles cycles" >&2
sweep one 1 0 1
cpu_one=$cpu
sweep all "$cycles" 0 1
cpu_all=$cpu
paths=$(of "$xml" sweep cycles)
total=$(of "$xml" machine total-ms)
"$RIG" events "$(dirname "$xml")/vm-1/events.bin" >"$WORK/events"
sweep sites "$cycles" 4 1
site_paths=$(of "$xml" sweep cycles)
site_total=$(of "$xml" machine total-ms)
echo "sweep: $machines machines side by side" >&2
sweep beside-one 1 0 "$machines"
cpu_beside_one=$cpu
beside_one=$(of "$xml" machine total-ms)
sweep beside "$cycles" 0 "$machines"
cpu_beside=$cpu
beside=$(of "$xml" machine total-ms)
export XDG_CACHE_HOME="$WORK/cache"
sweep save 1 0 1 snapshot
sweep restored "$cycles" 0 "$machines" snapshot
restored=$(of "$xml" machine total-ms)
echo "sweep: $binds times Linux's e1000e" >&2
linux bind-one 1
cpu_bind_one=$cpu
linux bind "$binds"
cpu_bind=$cpu

# Medians of the parts of a path, in microseconds of guest time.
awk '
function part(name, from, to) {
    if (from && to)
        list[name] = list[name] " " (to - from) * 1e6
}
/marker *cycle-begin/ { begin = $2; entry = enter = leave = undo = 0 }
/callback-enter *DriverEntry/ { entry = $2; part("fork", begin, entry) }
/api-enter *NdisMRegisterInterruptEx/ { enter = $2 }
/api-leave *NdisMRegisterInterruptEx/ { part("connect", enter, $2) }
/api-enter *NdisMDeregisterInterruptEx/ { undo = $2 }
/api-leave *NdisMDeregisterInterruptEx/ { part("disconnect", undo, $2) }
/step-end *unload/ { done = $2 }
/marker *cycle-end/ { part("exit", done, $2); ended = $2 }
/marker *cycle-plan/ { part("compare", ended, $2) }
END {
    for (name in list)
        print name, list[name]
}' "$WORK/events" | awk '
{
    n = split($0, a, " ")
    for (i = 3; i <= n; i++) {
        t = a[i]
        for (j = i - 1; j > 1 && a[j] + 0 > t + 0; j--)
            a[j + 1] = a[j]
        a[j + 1] = t
    }
    printf "%s %.0f\n", a[1], a[int(n / 2) + 1]
}' >"$WORK/parts"

awk -v machines="$machines" -v cpu_beside="$cpu_beside" \
    -v cpu_beside_one="$cpu_beside_one" -v beside="$beside" \
    -v beside_one="$beside_one" -v restored="$restored" -v cores="$(nproc)" \
    -v one="$cpu_one" -v all="$cpu_all" -v paths="$paths" -v total="$total" \
    -v site_paths="$site_paths" -v site_total="$site_total" \
    -v bind_one="$cpu_bind_one" -v bind="$cpu_bind" -v binds="$binds" '
function figure(name, value, unit, ratio, goal) {
    printf "%s\t%s\t%s\t%s\t%s\n", name, value, unit, ratio, goal
}
BEGIN {
    title["fork"] = "process and preparation"
    title["connect"] = "MSI-X on"
    title["disconnect"] = "MSI-X off"
    title["exit"] = "end of the process"
    title["compare"] = "comparing the device"
}
{ us[$1] = $2 }
END {
    ms = (all - one) * 1000 / (paths - 1)
    linux = (bind - bind_one) * 1000 / (binds - 1)
    figure("paths per minute and core", sprintf("%.0f", 60000 / ms), "1/min",
           sprintf("%.2f", linux / ms), "value>=6000")
    figure("processor time of a path", sprintf("%.2f", ms), "ms", "-", "-")
    figure("bind and unbind, Linux e1000e", sprintf("%.2f", linux), "ms", "-",
           "-")
    figure("every call, " paths - 1 " paths with boot",
           sprintf("%.1f", total / 1000), "s", "-", "-")
    figure("the same, " machines " machines", sprintf("%.1f", beside / 1000),
           "s", sprintf("%.2f", beside / total), "value<=5")
    figure("the same, from a snapshot", sprintf("%.1f", restored / 1000),
           "s", sprintf("%.2f", restored / total), "-")
    wall = beside - beside_one
    if (wall > 0) {
        busy = (cpu_beside - cpu_beside_one) * 1000
        figure("paths per minute, " machines " machines",
               sprintf("%.0f", (paths - 1) * 60000 / wall), "1/min", "-", "-")
        figure("processor time of a path there",
               sprintf("%.2f", busy / (paths - 1)), "ms", "-", "-")
        figure("processors busy with it",
               sprintf("%.0f", 100 * busy / (wall * cores)), "%", "-", "-")
    }
    figure("each call site, " site_paths - 1 " paths with boot",
           sprintf("%.1f", site_total / 1000), "s", "-", "value<=5")
    for (name in us)
        figure("path: " title[name], us[name], "us guest", "-", "-")
}' "$WORK/parts"
