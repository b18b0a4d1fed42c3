#!/usr/bin/env python3
"""The ledger a second time, in Python's big integers, written from the rules and not from the C++.

Reads cases, one JSON object a line.
A payout: {"window": X, "fee": basis points, "reward": "…", "shares": [[account, work, network work], …]},
newest share first. Writes: fee, then account=amount in ascending order of the account's bytes.
A month: {"mined": "…", "taken_back": "…", "costs": ["…"], "deficit": "…",
"split": [holders, reinvest, foundation], "units": {holder: "…"}}.
Writes: net, deficit, holders, reinvest, foundation, then holder=amount.
A buyback: {"part": basis points, "revenue": {line: [earned, returned]}}. Writes: total, then line=amount.
"""
import json
import sys


def weights_in_window(shares, units):
    room = units << 112
    weights = {}
    for account, work, network_work in shares:
        if room == 0:
            break
        counted = min(int(work) * ((1 << 112) // int(network_work)), room)
        weights[account] = weights.get(account, 0) + counted
        room -= counted
    return weights


def largest_remainder(amount, weights):
    total = sum(weights.values())
    paid = {account: amount * weight // total for account, weight in weights.items()}
    left = amount - sum(paid.values())
    by_claim = sorted(weights, key=lambda account: (-(amount * weights[account] % total), account.encode()))
    for account in by_claim[:left]:
        paid[account] += 1
    return paid


def payout(case):
    reward = int(case["reward"])
    fee = reward * case["fee"] // 10000
    weights = {a: w for a, w in weights_in_window(case["shares"], case["window"]).items() if w}
    return [fee], largest_remainder(reward - fee, weights)


def waterfall(case):
    left = int(case["mined"]) - int(case["taken_back"]) - int(case["deficit"]) - sum(map(int, case["costs"]))
    net = max(left, 0)
    parts = largest_remainder(net, dict(zip(("holders", "reinvest", "foundation"), case["split"])))
    units = {holder: int(count) for holder, count in case["units"].items()}
    figures = [net, max(-left, 0), parts["holders"], parts["reinvest"], parts["foundation"]]
    return figures, largest_remainder(parts["holders"], units)


def buyback(case):
    revenue = {line: [int(part) for part in parts] for line, parts in case["revenue"].items()}
    total = max(sum(earned - returned for earned, returned in revenue.values()), 0)
    weights = {line: max(earned - returned, 0) for line, (earned, returned) in revenue.items()}
    part = total * case["part"] // 10000
    return [total], largest_remainder(part, weights) if any(weights.values()) else dict.fromkeys(weights, 0)


for line in sys.stdin:
    case = json.loads(line)
    compute = waterfall if "mined" in case else buyback if "revenue" in case else payout
    figures, paid = compute(case)
    print(*figures, *(f"{account}={paid[account]}" for account in sorted(paid, key=str.encode)))
