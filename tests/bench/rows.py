"""The rows of tests/bench/run: what is measured, and what of it is printed."""

STANDARD = ["--channel", "standard"]
STANDARD_JOBS = [*STANDARD, "--standard-jobs"]


def tip_arguments(channels, *more, rounds=7):
    return ["--rounds", rounds, "--pause", 1, "--channels", channels, *more]


ROWS = [
    # group, label, mode, connections, extra arguments
    *[
        (
            "closed",
            f"closed loop, {c} connections, {p} in flight",
            "closed",
            c,
            ["--in-flight", p, "--shares", n],
        )
        for c, p, n in ((100, 1, 150_000), (100, 16, 300_000), (1000, 1, 150_000), (1000, 16, 300_000))
    ],
    *[
        ("open", f"{rate}/s offered, 1000 connections", "open", 1000, ["--rate", rate, "--seconds", 8])
        for rate in (1000, 5000, 10_000, 20_000)
    ],
    *[("setup", f"set-up of {c}", "setup", c, ["--hold", 2]) for c in (1000, 5000, 10_000)],
    *[
        ("tip", f"new tip, {c} connections", "tip", c, ["--rounds", 7, "--pause", 1])
        for c in (1000, 10_000)
    ],
    # V2 tells up to ten shares in one answer, or waits a second for more: 16 is the least for a closed loop.
    *[
        (
            "closed_v2",
            f"V2 closed loop, {c} connections, {p} in flight",
            "closed",
            c,
            ["--in-flight", p, "--shares", n],
        )
        for c, p, n in ((100, 16, 300_000), (100, 64, 300_000), (1000, 16, 300_000))
    ],
    *[
        ("setup_v2", f"V2 set-up of {c}, one channel each", "setup", c, ["--hold", 2])
        for c in (1000, 10_000)
    ],
    ("setup_v2", "V2 set-up of 10, 1,000 channels each", "setup", 10, ["--channels", 1000, "--hold", 2]),
    *[
        ("tip_v2", f"V2 new tip, {c} connections of {n} {label}", "tip", c, tip_arguments(n, *more))
        for c, n, label, more in (
            (10, 1000, "standard channels in a group", STANDARD),
            (10, 1000, "standard channels with standard jobs", STANDARD_JOBS),
            (1000, 1, "standard channel with standard jobs", STANDARD_JOBS),
            (1000, 1, "extended channel", []),
            (10_000, 1, "extended channel", []),
        )
    ],
]
# group, what is held, how many of each of two generators, seconds, more arguments. Half of the time is for
# the set-up: a V2 handshake costs both sides.
IDLE = [
    ("idle", ("sessions", 9_900, 20)),
    ("idle_v2", ("sessions of V2", 9_900, 60)),
    ("idle_v2", ("connections of V2 with 1,000 channels", 10, 30, "--channels", 1000)),
]
SMOKE = [
    (
        "closed",
        "closed loop, 20 connections, 4 in flight",
        "closed",
        20,
        ["--in-flight", 4, "--shares", 4000],
    ),
    ("open", "500/s offered, 20 connections", "open", 20, ["--rate", 500, "--seconds", 2]),
    ("setup", "set-up of 200", "setup", 200, ["--hold", 0]),
    ("tip", "new tip, 100 connections", "tip", 100, ["--rounds", 3, "--pause", 0.1]),
    (
        "closed_v2",
        "V2 closed loop, 20 connections, 16 in flight",
        "closed",
        20,
        ["--in-flight", 16, "--shares", 4000],
    ),
    ("setup_v2", "V2 set-up of 100", "setup", 100, ["--hold", 0]),
    *[
        ("tip_v2", f"V2 new tip, 4 connections of 50 {label}", "tip", 4, tip_arguments(50, *more, rounds=2))
        for label, more in (("in a group", STANDARD), ("with standard jobs", STANDARD_JOBS))
    ],
]
CLOSED = [
    ("accepted_per_s", "accepted/s", "{:,.0f}"),
    ("p50_ms", "p50 ms", "{:.2f}"),
    ("p99_ms", "p99 ms", "{:.2f}"),
    ("max_ms", "max ms", "{:.1f}"),
    ("server_cpu_us_per_share", "CPU us/share", "{:.2f}"),
]
COLUMNS = {
    "closed": CLOSED,
    "open": [
        ("answered_per_s", "answered/s", "{:,.0f}"),
        ("p50_ms", "p50 ms", "{:.3f}"),
        ("p99_ms", "p99 ms", "{:.3f}"),
        ("max_ms", "max ms", "{:.1f}"),
        ("server_cpu_us_per_share", "CPU us/share", "{:.2f}"),
    ],
    "setup": [
        ("set_ups_per_s", "set-ups/s", "{:,.0f}"),
        ("p50_ms", "p50 ms", "{:.1f}"),
        ("p99_ms", "p99 ms", "{:.1f}"),
        ("resident_bytes_per_session", "bytes/session", "{:,.0f}"),
        ("server_resident_mb", "RSS MB", "{:.0f}"),
    ],
    "tip": [
        ("first_ms", "first ms", "{:.1f}"),
        ("p50_ms", "p50 ms", "{:.1f}"),
        ("last_ms", "last ms", "{:.1f}"),
        ("spread_ms", "spread ms", "{:.1f}"),
        ("full_last_ms", "last full ms", "{:.1f}"),
        ("server_cpu_ms", "CPU ms", "{:.0f}"),
    ],
    "closed_v2": CLOSED,
    "setup_v2": [
        ("set_ups_per_s", "set-ups/s", "{:,.0f}"),
        ("p50_ms", "p50 ms", "{:.1f}"),
        ("p99_ms", "p99 ms", "{:.1f}"),
        ("server_cpu_us_per_set_up", "CPU us/set-up", "{:,.0f}"),
        ("server_resident_mb", "RSS MB", "{:.0f}"),
    ],
    "tip_v2": [
        ("first_ms", "first ms", "{:.1f}"),
        ("p50_ms", "p50 ms", "{:.1f}"),
        ("last_ms", "last ms", "{:.1f}"),
        ("last_worst_ms", "worst last ms", "{:.1f}"),
        ("server_cpu_ms", "CPU ms", "{:.1f}"),
    ],
}
