# SPDX-License-Identifier: GPL-2.0-or-later
# From `rig events`: are the markers that rigshim.sys wrote those of the NDIS
# host, one by one and in order? HOOKED: file with the names that it marks.
#
# Two lists are compared: what happens in hooked callbacks, and calls outside of
# them, on other threads, which the two may see in another order than the first.
# A call that was made to fail (api-fault of the host) is for the shim one that
# failed.

BEGIN {
    while ((getline name < HOOKED) > 0) {
        hooked[name] = 1
    }
}

function field(name) {
    if (!match($0, " " name " [^ ]+")) {
        return ""
    }
    return substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 2)
}

function add(who, list, text) {
    line[who, list, ++n[who, list]] = text
}

function args() {
    return match($0, / args .*$/) ? substr($0, RSTART + 6, RLENGTH - 6) : ""
}

$3 == "marker" && $4 == "cycle-begin" {
    split("", open)
}

$3 != "marker" || !($5 in hooked) ||
    $4 !~ /^(callback-(enter|leave)|api-(enter|leave|fault))$/ {
    next
}

{
    who = $7 == "shim" ? "shim" : "host"
    thread = who (who == "shim" ? $8 : $7)
    callback = $4 ~ /^callback/
    if ($4 == "callback-enter") {
        open[thread]++
    }
    list = open[thread] > 0 ? "inside" : "outside"
    text = $6 " " $4 " " $5 " irql " field("irql") " caller " field("caller")
    if (!callback) {
        text = text " object " field("object")
    }
    text = text " status " field("status") " args " args()
    if ($4 == "api-fault") {
        text = $6 " api-enter " $5 " irql " field("irql") " caller " \
               field("caller")
        add(who, list, "~" text)
        sub("api-enter", "api-leave", text)
        add(who, list, "~" text "~" field("status"))
    } else {
        add(who, list, text)
    }
    if ($4 == "callback-leave") {
        open[thread]--
    }
}

# A line of the host that begins with ~ is one of a call that was not made.
function same(host, shim,    part) {
    if (host !~ /^~/) {
        return host == shim
    }
    split(substr(host, 2), part, "~")
    return index(shim, part[1]) == 1 &&
           (part[2] == "" || index(shim, " status " part[2] " "))
}

END {
    split("inside outside", lists, " ")
    for (l = 1; l <= 2; l++) {
        list = lists[l]
        max = n["host", list]
        if (n["shim", list] > max) {
            max = n["shim", list]
        }
        for (i = 1; i <= max; i++) {
            if (!same(line["host", list, i], line["shim", list, i])) {
                print "marker " i " " list " callbacks differs:" > "/dev/stderr"
                print "  host: " line["host", list, i] > "/dev/stderr"
                print "  shim: " line["shim", list, i] > "/dev/stderr"
                exit 1
            }
        }
        total += max
    }
    if (!total) {
        print "there is no marker of the shim" > "/dev/stderr"
        exit 1
    }
    print total " markers of either are the same"
}
