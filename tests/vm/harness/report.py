"""What the user sees: TAP on standard output, and where the time went."""

import os
import sys

from .common import read, tree


class Report:
    """TAP, counted. Results come in the order in which scenarios end."""

    def __init__(self, total):
        self.passed = self.failed = self.number = 0
        self.skipped = []
        self.bad = []
        self.times = []  # (seconds, of them on the processor, name)
        print(f"TAP version 13\n1..{total}", flush=True)

    def add(self, name, verdict, meaning="", why="", seconds=None, log=None, cpu=None):
        self.number += 1
        state = "not ok" if verdict == "fail" else "ok"
        took = "" if seconds is None else f" ({seconds:.1f} s)"
        directive = f" # SKIP {why}" if verdict == "skip" else ""
        print(f"{state} {self.number} - {name}{': ' + meaning if meaning else ''}{took}{directive}")
        if cpu is not None:
            self.times.append((seconds, cpu, name))
        if verdict == "pass":
            self.passed += 1
        elif verdict == "skip":
            self.skipped.append((name, why))
        else:
            self.failed += 1
            self.bad.append((name, why))
            print(f"  # {why}")
            if log and os.path.exists(log):
                for line in read(log).splitlines()[-15:]:
                    print(f"  # | {line}")
            if log:
                print(f"  # log: {tree(log)}")
        sys.stdout.flush()

    def show_times(self):
        """Longest first: seconds, and seconds of processor that the VM used meanwhile."""
        if not self.times:
            return
        print("# seconds processor scenario")
        for seconds, cpu, name in sorted(self.times, reverse=True):
            print(f"# {seconds:7.1f} {cpu:9.1f} {name}")
        print(f"# {sum(t[0] for t in self.times):7.1f} {sum(t[1] for t in self.times):9.1f} in all")

    def close(self):
        for name, why in self.skipped:
            print(f"# skipped: {name}: {why}")
        # Among many, where to look.
        if self.number > 20:
            for name, why in self.bad:
                print(f"# failed: {name}: {why}")
        tail = f", {len(self.skipped)} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{tail}", flush=True)
        return 1 if self.failed or not self.passed + len(self.skipped) else 0
