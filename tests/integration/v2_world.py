"""A Hashyard that speaks Stratum V2 beside V1 (see world.py), and the programs that speak it too."""

import json
import subprocess

from world import EASIEST, ROOT, USER, Hashyard, eventually, free_port


class V2Hashyard(Hashyard):
    def __init__(self, more_config="", difficulty=EASIEST, **options):
        self.v2_port = free_port()
        super().__init__(
            difficulty=difficulty,
            more_config=f"""
[[stratum]]
address = "127.0.0.1"
port = {self.v2_port}
protocol = "v2"
difficulty_start = "{difficulty}"
difficulty_min = "{EASIEST}"
"""
            + more_config,
            **options,
        )

    @property
    def v2_url(self):
        """With the authority's key, as miners are told it."""
        pool = json.loads(self.get("/api/v1/pool"))
        for listener in pool["listeners"]:
            if listener["port"] == self.v2_port:
                return listener["url"]
        raise AssertionError(f"no V2 listener in {pool['listeners']}")

    def v2_miner(self, *arguments, user=USER, seconds=60, url=None):
        """Status and report. 0: shares were accepted and the server kept every rule of the protocol."""
        done = subprocess.run(
            [self.program("hashyard-cpu-miner"), "--url", url or self.v2_url, "--user", user]
            + ["--seconds", str(seconds), "--quiet", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=seconds + 30,
        )
        return done.returncode, done.stdout + done.stderr

    def v2_generator(self, mode, *arguments, **options):
        return self.generator(mode, "--protocol", "v2", *arguments, port=self.v2_port, **options)

    def v2_hostile(self, *cases, wait=True):
        command = [self.program("hashyard-v2-hostile"), self.v2_url, USER, *cases]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not wait:
            return process
        told, _ = process.communicate(timeout=200)
        return process.returncode, told


__all__ = ["EASIEST", "ROOT", "USER", "V2Hashyard", "eventually"]
