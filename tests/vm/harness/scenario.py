"""Scenarios: what their headers say, and how long they took the last time."""

import fnmatch
import os
import re

from .common import die, read, tree, write


class Scenario:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[: -len(".sh")]
        header = re.match(r"(#.*\n)*", read(path)).group(0)
        fields = dict(re.findall(r"^# ([a-z-]+): *(.*)$", header, re.M))
        self.meaning = fields.get("meaning", "")
        self.limit = fields.get("limit", "60")
        self.allowed = fields.get("kernel-allow", "")
        self.arch = fields.get("arch")  # the only one that it is for
        self.alone = fields.get("alone", "")  # why nothing else may run beside it
        self.sve = "sve" in fields  # why the processor has to have SVE, where there is such a thing
        if not self.meaning or not self.limit.isdigit():
            die(f"{tree(path)}: its header must have '# meaning: one line' and '# limit: seconds'")


def scenarios(folder, patterns):
    """The scenarios of the folder that fit, in the order of their names."""
    found = [
        Scenario(os.path.join(folder, name))
        for name in sorted(os.listdir(folder))
        if name.endswith(".sh")
    ]
    if not patterns:
        return found
    for pattern in patterns:
        if not any(fnmatch.fnmatch(s.name, pattern) for s in found):
            die(f"no scenario is called '{pattern}'; tests/vm/run --list shows all")
    return [s for s in found if any(fnmatch.fnmatch(s.name, p) for p in patterns)]


class Past:
    """Seconds that scenarios took, in a file with one line for each: 'NAME SECONDS'."""

    def __init__(self, path):
        self.path = path
        self.seconds = {}
        if os.path.exists(path):
            for line in read(path).splitlines():
                name, _, seconds = line.partition(" ")
                if re.fullmatch(r"[0-9.]+", seconds):
                    self.seconds[name] = float(seconds)

    def guess(self, scenario):
        """A limit is some six times what a scenario takes."""
        return self.seconds.get(scenario.name, int(scenario.limit) / 6)

    def save(self):
        new = f"{self.path}.{os.getpid()}"
        write(new, "".join(f"{name} {s:.1f}\n" for name, s in sorted(self.seconds.items())))
        os.rename(new, self.path)
