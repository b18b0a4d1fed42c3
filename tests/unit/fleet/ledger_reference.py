#!/usr/bin/env python3
"""The ledger a second time, in Python's big integers, written from the rules and not from the C++.

Reads cases, one JSON object a line: {"window": X, "fee": basis points, "reward": "…", "shares": [[account, work, network work], …]},
newest share first. Writes one line a case: fee, then account=amount in ascending order of the account's bytes.
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


for line in sys.stdin:
    case = json.loads(line)
    reward = int(case["reward"])
    fee = reward * case["fee"] // 10000
    weights = {a: w for a, w in weights_in_window(case["shares"], case["window"]).items() if w}
    paid = largest_remainder(reward - fee, weights)
    print(fee, *(f"{account}={paid[account]}" for account in sorted(paid, key=str.encode)))
