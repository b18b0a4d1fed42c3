"""A second reader of a block's proof file: hashlib, big integers and the openssl program; nothing of ours.

Prints "holds" with the number of accounts and slices, or what is wrong. Used by reference_test.cpp.
"""
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict


def sha256(data):
    return hashlib.sha256(data).digest()


def need(condition, what):
    if not condition:
        print("wrong:", what)
        sys.exit(1)


def word(text):
    return "" if text == "%" else re.sub("%(..)", lambda m: chr(int(m.group(1), 16)), text)


def documents(data):
    return ["hashyard " + part for part in re.split("(?:^|(?<=\n))hashyard ", data.decode("latin-1"))[1:]]


def fields(document):
    """The lines of a document; those that repeat as lists of their values."""
    single, many = {}, defaultdict(list)
    for line in document.splitlines()[1:]:
        key, value = line.split(" ", 1)
        single[key] = value
        many[key].append(value.split(" "))
    return single, many


def check_signature(document, what):
    text, signature = document.rsplit("signature ", 1)
    key = re.search("\nkey ([0-9a-f]{64})\n$", text).group(1)
    if not shutil.which("openssl"):
        return key
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/key", "wb") as out:
            out.write(bytes.fromhex("302a300506032b6570032100" + key))  # RFC 8410
        with open(folder + "/text", "wb") as out:
            out.write(text.encode("latin-1"))
        with open(folder + "/signature", "wb") as out:
            out.write(bytes.fromhex(signature.strip()))
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin",
                               "-inkey", folder + "/key", "-in", folder + "/text",
                               "-sigfile", folder + "/signature"], capture_output=True, check=False)
    need(done.returncode == 0, what + " is not signed")
    return key


def root_from(leaf, index, size, path):
    """Recursive, from the definition of the tree in RFC 6962 2.1.1."""
    if size == 1:
        need(not path, "a path is too long")
        return leaf
    need(path, "a path is too short")
    left = 1
    while left * 2 < size:
        left *= 2
    if index < left:
        return sha256(b"\1" + root_from(leaf, index, left, path[:-1]) + path[-1])
    return sha256(b"\1" + path[-1] + root_from(leaf, index - left, size - left, path[:-1]))


def apportion(amount, weights):
    """Largest remainder, ties to the lower account by its bytes."""
    total = sum(weights.values())
    lines = {name: divmod(amount * weight, total) for name, weight in weights.items()}
    left = amount - sum(floor for floor, _ in lines.values())
    order = sorted(lines, key=lambda name: (-lines[name][1], name.encode("latin-1")))
    lucky = set(order[:left])
    return {name: (floor, rest, int(name in lucky)) for name, (floor, rest) in lines.items()}


def check_window(one, many):
    weights, users, slices = defaultdict(int), defaultdict(int), defaultdict(int)
    for account, network, sliced, edge in many["work"]:
        weights[word(account)] += (int(sliced) + int(edge)) * (2**112 // int(network))
        users[network] += int(sliced)
    for _, _, _, network, work, _ in many["slice"]:
        slices[network] += int(work)
    need({n: w for n, w in users.items() if w} == dict(slices), "users' work is not the slices' work")
    if one["cut"] != "none":
        account, _, network, work, weight = one["cut"].split(" ")
        need(int(weight) < int(work) * (2**112 // int(network)), "the cut share counts whole")
        weights[word(account)] += int(weight)
    rule = json.loads(one["rule"])
    need(int(one["window_limit"]) == rule["window_factor"] * 2**112, "the window has another limit")
    total = sum(weights.values())
    need(total == int(one["window_weight"]) <= int(one["window_limit"]), "the window weighs another")
    return rule, weights


def check_amounts(one, many, rule, weights):
    reward = int(one["reward"])
    fee = reward * rule["fee_basis_points"] // 10000
    need(fee == int(one["fee"]) and reward - fee == int(one["distributable"]), "the fee is another")
    counted = {name: weight for name, weight in weights.items() if weight} or {word(one["finder"]): 1}
    expected = apportion(reward - fee, counted)
    accounts = many["account"]
    need(len(accounts) == len(expected), "other accounts are paid")
    for name, weight, floor, rest, extra, amount in accounts:
        name = word(name)
        need(int(weight) == counted.get(name) and (int(floor), int(rest), int(extra)) == expected.get(name)
             and int(amount) == int(floor) + int(extra), "account " + name + " gets another amount")
    text = (f"hashyard payout input 1\nrule {one['rule']}\ncoin {word(one['coin'])}\nblock {one['block']}\n"
            f"reward {reward}\nfinder {word(one['finder'])}\n")
    for name in sorted(weights, key=lambda n: n.encode("latin-1")):
        text += f"weight {name} {weights[name]}\n"
    need(sha256(text.encode("latin-1")).hex() == one["input_hash"], "the input has another hash")


def main():
    with open(sys.argv[1], "rb") as file:
        parts = documents(file.read())
    bundle, head = parts[0], parts[1]
    need(bundle.startswith("hashyard block bundle 1\n"), "no bundle")
    need(check_signature(bundle, "the bundle") == check_signature(head, "the head"), "two keys signed")
    one, many = fields(bundle)
    top, _ = fields(head)
    need((one["log"], one["log_size"], one["log_root"]) == (top["log"], top["size"], top["root"]),
         "another head")
    check_amounts(one, many, *check_window(one, many))
    rest = parts[2:]
    need(len(rest) == 2 * len(many["slice"]), "slices are missing")
    for said, text, proof in zip(many["slice"], rest[::2], rest[1::2]):
        facts, _ = fields(text)
        path, nodes = fields(proof)
        names = ("index", "first_position", "last_position", "network_work", "work")
        need(said[:5] == [facts[name] for name in names], "a slice is told otherwise")
        leaf = sha256(b"\0" + text.encode("latin-1"))
        need((leaf.hex(), path["index"], path["size"]) == (said[5], said[0], top["size"]), "another leaf")
        hashes = [bytes.fromhex(node[0]) for node in nodes["node"]]
        root = root_from(leaf, int(said[0]), int(top["size"]), hashes)
        need(root.hex() == top["root"], "a path leads elsewhere")
    print("holds", len(many["account"]), len(many["slice"]))


main()
