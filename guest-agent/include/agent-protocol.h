/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol between the rig and an agent in a guest that cannot be given a
 * plan: what both sides must agree on, in one place.
 *
 * The link is any byte stream: a COM port, a virtio-serial port, a pty. It may
 * lose bytes, repeat them and carry those of somebody else (boot messages), so
 * it is cut into frames that say where they begin, how long they are, and
 * whether they arrived whole; who reads looks for the next frame that does.
 *
 *   frame    = header payload
 *   payload  = field...
 *   field    = key:u16 type:u8 zero:u8 length:u32 value[length]
 *
 * All integers are little-endian. The header, AGENT_HEADER_SIZE bytes:
 *
 *   offset size
 *     0     4   magic           AGENT_MAGIC, "RIG~" in the stream
 *     4     1   version         AGENT_VERSION of the sender
 *     5     1   kind            enum agent_kind
 *     6     2   request         enum agent_request; 0 with HELLO and LOG
 *     8     4   id              of the request; 0 with HELLO and LOG
 *    12     4   length          of the payload, 0..AGENT_PAYLOAD_MAX
 *    16     8   nonce           which life of the host: drawn once by each
 *                               process; an agent repeats that of the host
 *                               that it talks to, 0 before the first HELLO
 *    24     8   boot            which life of the agent: drawn once by each
 *                               process, never 0; a host repeats that of the
 *                               last HELLO, 0 before it
 *    32     4   payload CRC
 *    36     4   header CRC      of bytes 0..35
 *
 * Both CRCs are CRC-32C (Castagnoli; RFC 3720 section 12.1), 0 over nothing.
 *
 * A conversation:
 *   - An agent that starts sends HELLO, unasked. A host that starts sends HELLO,
 *     again until the agent's HELLO has its nonce. A boot that is another one
 *     than before says that the agent was restarted: what it was asked for
 *     and has not answered is lost, and will not be done.
 *   - REQUEST gets exactly one REPLY, with PROGRESS in between if it takes
 *     time. Ids of a nonce grow. A host that hears nothing sends the same
 *     request again, same id and nonce; the agent carries it out once: it
 *     answers from its cache of replies, or with PROGRESS while it is at work.
 *     An id whose reply is no longer kept is AGENT_E_EXPIRED, a request meant
 *     for another life of the agent AGENT_E_STALE; neither is carried out.
 *   - One request at a time is worked on; another one meanwhile is
 *     AGENT_E_BUSY, but AGENT_INLINE requests are answered at any time.
 *   - Each request has a limit (KEY "limit", else that of its table row). When
 *     it is over, the reply is AGENT_E_TIMED_OUT. What the system is doing
 *     cannot always be stopped: AGENT_E_BUSY until it has come back.
 *   - LOG is said by an agent whenever it likes.
 *
 * A receiver ignores keys it does not know, and refuses a payload that is not
 * made as said here, or in which a key it knows has another type.
 */
#ifndef AGENT_PROTOCOL_H
#define AGENT_PROTOCOL_H

#define AGENT_MAGIC 0x7e474952u
#define AGENT_VERSION 1
#define AGENT_HEADER_SIZE 40
#define AGENT_PAYLOAD_MAX 16384
#define AGENT_FIELD_HEADER 8
#define AGENT_FIELDS_MAX 1024 /* of one payload */

/*
 * Bytes of a file in one request: a COM port's driver buffers little (4 KiB in
 * QEMU's and Windows' defaults together), so no frame is longer than its reader
 * can be asleep for.
 */
#define AGENT_CHUNK_MAX 8192

/* Replies that an agent keeps for requests that come again. */
#define AGENT_REPLIES_KEPT 16

/* The name of the virtio-serial port: /dev/virtio-ports/NAME, \\.\Global\NAME */
#define AGENT_PORT_NAME "org.rig.agent.0"

enum agent_kind {
    AGENT_HELLO = 1,
    AGENT_REQUEST = 2,  /* host to agent */
    AGENT_REPLY = 3,    /* agent to host, as the rest */
    AGENT_PROGRESS = 4,
    AGENT_LOG = 5,
};

enum agent_type {
    AGENT_NUMBER = 1, /* u64, length 8 */
    AGENT_TEXT = 2,   /* UTF-8, not terminated, without NUL */
    AGENT_BYTES = 3,
};

/*
 * Keys: X(number, NAME, "name", type, meaning). "list": the key may come more
 * than once. Devices and files come one after the other; AGENT_KEY_DEVICE and
 * AGENT_KEY_FILE begin the next one, and what follows is about it.
 */
#define AGENT_KEYS(X) \
    X(1, STATUS, "status", NUMBER, "enum agent_error; 0: done") \
    X(2, API, "api", TEXT, "the function of the system that failed") \
    X(3, DOMAIN, "domain", TEXT, "what code is: win32 configret ntstatus errno") \
    X(4, CODE, "code", NUMBER, "what the function returned") \
    X(5, TEXT, "text", TEXT, "a sentence for people") \
    X(6, LIMIT, "limit", NUMBER, "milliseconds that a request may take") \
    X(7, REQUEST_ID, "request-id", NUMBER, "id of another request") \
    X(8, DATA, "data", BYTES, "bytes of a file, or to be sent back") \
    X(9, DONE, "done", NUMBER, "progress: so much of total") \
    X(10, TOTAL, "total", NUMBER, "progress: 0 if not known") \
    X(20, AGENT, "agent", TEXT, "version of the agent") \
    X(21, SYSTEM, "system", TEXT, "windows or linux") \
    X(22, CAPABILITY, "capability", TEXT, "list: a request it can answer") \
    X(23, PAYLOAD_MAX, "payload-max", NUMBER, "longest payload it takes") \
    X(24, RELEASE, "release", TEXT, "of the system, like 10.0.19045") \
    X(25, TEST_SIGNING, "test-signing", NUMBER, "1: test-signed drivers load") \
    X(26, HYPERVISOR, "hypervisor", NUMBER, "1: the processor says so") \
    X(27, UPTIME, "uptime", NUMBER, "milliseconds since the system started") \
    X(28, PROCESS, "process", NUMBER, "id of the agent's process") \
    X(29, MODE, "mode", TEXT, "how: the request says which there are") \
    X(30, CODE_INTEGRITY, "code-integrity", NUMBER, "options of ci.dll") \
    X(31, ARCHITECTURE, "architecture", TEXT, "of the system: x64, ...") \
    X(32, SLEEP_STATES, "sleep-states", TEXT, "ACPI's, like \"S3 S4\"; none") \
    X(33, ASLEEP, "asleep", NUMBER, "milliseconds, by the system's clocks") \
    X(34, CRASH_DUMP, "crash-dump", NUMBER, \
      "CrashDumpEnabled: 0 none, 1 complete, 2 kernel, 3 small, 7 automatic") \
    X(35, AUTO_REBOOT, "auto-reboot", NUMBER, "1: after a bug check") \
    X(36, KEEP_DUMP, "keep-dump", NUMBER, "1: AlwaysKeepMemoryDump") \
    X(37, NMI_DUMP, "nmi-dump", NUMBER, "1: NMICrashDump") \
    X(38, AGENT_START, "agent-start", NUMBER, "of its service, as below") \
    X(39, SHIM_START, "shim-start", NUMBER, "of rigshim, as below") \
    X(40, DEVICE, "device", TEXT, \
      "device instance id, or the beginning of a hardware id; begins a device") \
    X(41, HARDWARE_ID, "hardware-id", TEXT, "list") \
    X(42, DESCRIPTION, "description", TEXT, "of a device") \
    X(43, FLAGS, "flags", NUMBER, "DN_* of cfg.h: 0x8 started, 0x400 problem") \
    X(44, PROBLEM, "problem", NUMBER, "CM_PROB_*; 10: start failed") \
    X(45, PROBLEM_STATUS, "problem-status", NUMBER, "NTSTATUS of the problem") \
    X(46, PROBLEM_NAME, "problem-name", TEXT, "of the problem code") \
    X(47, SERVICE, "service", TEXT, "of the driver that it has") \
    X(48, DRIVER, "driver", TEXT, "file name of a driver, like rignic.sys") \
    X(49, DRIVER_VERSION, "driver-version", TEXT, "of its INF's DriverVer") \
    X(50, DRIVER_SHA256, "driver-sha256", TEXT, "of the driver's file, hex") \
    X(51, LINE_INTERRUPTS, "line-interrupts", NUMBER, "granted") \
    X(52, MESSAGE_INTERRUPTS, "message-interrupts", NUMBER, "granted") \
    X(53, STATE, "state", TEXT, "to wait for: started problem settled gone") \
    X(54, INF, "inf", TEXT, "path of an INF in the guest, or oemN.inf") \
    X(55, REBOOT, "reboot", NUMBER, "1: the system asks for a restart") \
    X(56, FILTER, "filter", TEXT, "the beginning of hardware ids") \
    X(57, PRESENT, "present", NUMBER, "1: the device is there") \
    X(58, SERVICE_START, "service-start", NUMBER, \
      "of its driver: 0 boot, 1 system, 2 automatic, 3 demand, 4 disabled") \
    X(60, FILE, "file", TEXT, "path in the guest; begins a file") \
    X(61, SIZE, "size", NUMBER, "bytes") \
    X(62, SHA256, "sha256", TEXT, "hex") \
    X(63, OFFSET, "offset", NUMBER, "bytes from the beginning of a file") \
    X(64, MODIFIED, "modified", NUMBER, "seconds since 1970") \
    X(70, PROBABILITY, "probability", NUMBER, "of 10,000; 0: default, 600") \
    X(71, POOL_TAGS, "pool-tags", TEXT, "low resources: of these pools only") \
    X(72, DELAY, "delay", NUMBER, "minutes after start without faults") \
    X(73, COUNTER, "counter", TEXT, "list: name and value, as verifier says") \
    X(74, RULE_CLASSES, "rule-classes", TEXT, "Driver Verifier, like 19,22") \
    X(75, VERIFIER_FLAGS, "verifier-flags", NUMBER, "VerifyDriverLevel") \
    X(80, SCENARIO, "scenario", NUMBER, "1-based number in the plan; 0: none") \
    X(81, CYCLE, "cycle", NUMBER, "1-based number in the scenario; 0: none") \
    X(82, WRITTEN, "written", NUMBER, "markers written since the tap started") \
    X(83, DROPPED, "dropped", NUMBER, "markers lost: the stream has a gap") \
    X(84, SHIM, "shim", NUMBER, "1: rigshim is there") \
    X(90, FRAMES, "frames", NUMBER, "1..1000000, to be sent") \
    X(91, MIN_LENGTH, "min-length", NUMBER, "bytes of a frame without FCS") \
    X(92, MAX_LENGTH, "max-length", NUMBER, "same") \
    X(93, SEED, "seed", NUMBER, "of lengths and bytes: rig/traffic.h") \
    X(94, SENT, "sent", NUMBER, "frames that the system took") \
    X(95, RECEIVED, "received", NUMBER, "frames that came back") \
    X(96, WRONG, "wrong", NUMBER, "frames that came back otherwise, or twice")

enum agent_key {
#define AGENT_KEY(number, id, name, type, meaning) AGENT_KEY_##id = number,
    AGENT_KEYS(AGENT_KEY)
#undef AGENT_KEY
};

enum agent_flags {
    AGENT_WORKER = 0,   /* carried out beside the conversation */
    AGENT_INLINE = 1,   /* answered at once, whatever else goes on */
    AGENT_LEAVES = 2,   /* after the reply the agent is gone for some time */
};

/*
 * Requests: X(number, NAME, "name", flags, limit in ms, "arguments", meaning).
 * Arguments are key names in the order in which a command line gives them;
 * those in brackets may be left out. Comments say what is in the reply.
 */
#define AGENT_REQUESTS(X) \
    /* what came */ \
    X(1, PING, "ping", INLINE, 5000, "[text] [data]", "Is it there?") \
    X(2, ABORT, "abort", INLINE, 5000, "request-id", \
      "Give up what a request is waiting for") \
    /* AGENT..ARCHITECTURE, SLEEP_STATES, CRASH_DUMP..SHIM_START, SHIM */ \
    X(3, INFO, "info", WORKER, 10000, "", "The system and the agent") \
    X(4, QUIT, "quit", LEAVES, 10000, "", \
      "End the agent; as a service it is started again") \
    X(5, SHUT_DOWN, "shut-down", LEAVES, 30000, "mode", \
      "mode is reboot or power-off") \
    X(6, IDLE, "idle", WORKER, 60000, "total", \
      "Do nothing for so many milliseconds, to try a link out") \
    /* ASLEEP; it does not wake up by itself */ \
    X(7, SLEEP, "sleep", WORKER, 120000, "", \
      "Sleep in S3; answered when it is awake again") \
    /* DEVICE HARDWARE_ID... DESCRIPTION FLAGS PROBLEM PRESENT of each */ \
    X(10, DEVICES, "devices", WORKER, 30000, "[filter]", \
      "Devices by the beginning of their hardware ids") \
    /* DEVICE..SERVICE_START; so do the next six and install, update */ \
    X(11, STATUS, "status", WORKER, 30000, "device", \
      "Status, problem, driver and interrupts of a device") \
    X(12, WAIT, "wait", WORKER, 60000, "device [state]", \
      "Until a device is started, problem, settled (either) or gone") \
    X(13, ENABLE, "enable", WORKER, 60000, "device", "Enable a device") \
    X(14, DISABLE, "disable", WORKER, 60000, "device", "Disable a device") \
    X(15, RESTART, "restart", WORKER, 60000, "device", \
      "Stop a device and start it") \
    X(16, REMOVE, "remove", WORKER, 60000, "device", \
      "Remove a device, as if it were pulled out in order") \
    X(17, RESCAN, "rescan", WORKER, 60000, "[device]", \
      "Look for devices; wait for this one, if named") \
    /* SENT RECEIVED WRONG */ \
    X(18, TRAFFIC, "traffic", WORKER, 60000, \
      "device frames min-length max-length [seed] [scenario] [cycle]", \
      "Send frames (UDP) to rig-reflector, and wait for them") \
    /* REBOOT, INF (as published) */ \
    X(20, INSTALL, "install", WORKER, 300000, "inf [hardware-id]", \
      "Install a driver package on what it fits") \
    X(21, UPDATE, "update", WORKER, 300000, "inf hardware-id", \
      "Install it although a better one is there") \
    X(22, UNINSTALL, "uninstall", WORKER, 300000, "inf", \
      "Take a driver package off all devices and out of the system") \
    /* REBOOT, VERIFIER_FLAGS, RULE_CLASSES */ \
    X(30, VERIFIER_SET, "verifier-set", WORKER, 60000, \
      "driver mode [probability] [pool-tags] [delay]", \
      "Driver Verifier: mode is random, systematic, ndis or standard") \
    /* COUNTER..., VERIFIER_FLAGS, RULE_CLASSES */ \
    X(31, VERIFIER_QUERY, "verifier-query", WORKER, 60000, "", \
      "Settings and counters of Driver Verifier") \
    X(32, VERIFIER_RESET, "verifier-reset", WORKER, 60000, "", \
      "Driver Verifier: nothing from the next start on") \
    /* FILE SIZE MODIFIED of each */ \
    X(40, LOGS, "logs", WORKER, 30000, "", \
      "Logs and dumps that there are to be fetched") \
    /* OFFSET: from where to go on */ \
    X(50, PUT_BEGIN, "put-begin", WORKER, 60000, "file size sha256", \
      "A file is coming; it gets its name when it is whole") \
    /* OFFSET: behind what is there now */ \
    X(51, PUT_DATA, "put-data", WORKER, 30000, "file sha256 offset data", \
      "A part of it") \
    X(52, PUT_END, "put-end", WORKER, 60000, "file size sha256", \
      "That was all; the same again is no error") \
    /* SIZE SHA256 MODIFIED */ \
    X(53, GET_BEGIN, "get-begin", WORKER, 60000, "file", \
      "Size and hash of a file") \
    /* DATA; none: the end */ \
    X(54, GET_DATA, "get-data", WORKER, 30000, "file offset size", \
      "A part of it") \
    /* what is for rigshim: guest-agent/include/rigshim.h; data is there and \
       back the structure that the driver takes */ \
    X(60, MARK, "mark", WORKER, 5000, "[text] [data]", \
      "A marker: a note of this text, or data: struct rig_marker") \
    X(61, TAP_COMMAND, "tap-command", WORKER, 5000, "data", \
      "struct rig_command: a fence, a device fault") \
    X(62, POSITION, "position", WORKER, 5000, "scenario cycle", \
      "Goes into every marker from here on") \
    /* SHIM WRITTEN DROPPED DATA: struct rigshim_info */ \
    X(63, SHIM, "shim", WORKER, 5000, "", "Version and counts of rigshim") \
    X(64, END_STREAM, "end-stream", WORKER, 5000, "", \
      "End the tap's stream; no marker comes after it")

enum agent_request {
#define AGENT_REQUEST_ID(number, id, name, flags, limit, arguments, meaning) \
    AGENT_REQ_##id = number,
    AGENT_REQUESTS(AGENT_REQUEST_ID)
#undef AGENT_REQUEST_ID
};

/* Why a request was not done: X(number, NAME, "name", meaning). */
#define AGENT_ERRORS(X) \
    X(0, OK, "ok", "done") \
    X(1, UNKNOWN, "unknown", "no such request in this version") \
    X(2, UNSUPPORTED, "unsupported", "this system cannot do that") \
    X(3, INVALID, "invalid", "an argument is missing or wrong") \
    X(4, NOT_FOUND, "not-found", "no such device, file or package") \
    X(5, FAILED, "failed", "a function of the system failed: api, code") \
    X(6, TIMED_OUT, "timed-out", "not done within its limit") \
    X(7, BUSY, "busy", "another request is still being worked on") \
    X(8, ABORTED, "aborted", "given up because the host asked for that") \
    X(9, STALE, "stale", "meant for an earlier life of the agent; not done") \
    X(10, EXPIRED, "expired", "already answered, reply no longer kept") \
    X(11, MISMATCH, "mismatch", "size, offset or hash is not what was said") \
    X(12, TOO_LARGE, "too-large", "the reply does not fit a frame")

enum agent_error {
#define AGENT_ERROR(number, id, name, meaning) AGENT_E_##id = number,
    AGENT_ERRORS(AGENT_ERROR)
#undef AGENT_ERROR
};

#endif
