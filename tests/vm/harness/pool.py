"""Scenarios, spread over some guests that run at the same time.

Each guest asks for a scenario when it has nothing to do, and gets the next of one queue.
Scenarios that say '# alone: why' come last, in the only guest that is left then. Those that
say '# sve: why' run in a guest whose processor is not plain.
Whatever the guests do, every scenario is reported, once.
"""

import os
import select
import time

from .common import tree

BOOT_LIMIT = 120  # seconds until a guest must have said "ready"
DISK_BOOT_LIMIT = 360  # the same for one with systemd
UNLOAD = "module-unload"
UNLOAD_LIMIT = 30
UNLOAD_MEANING = "the module goes out after all scenarios"


class Member:
    """A guest, and what it does just now."""

    def __init__(self, guest, number, deadline):
        self.guest = guest
        self.number = number
        self.deadline = deadline
        self.running = None  # name of the scenario
        self.begun = 0  # processor time of the guest by then
        self.finishing = False  # gets no more scenarios
        self.waits = False  # has nothing to do until the others are gone
        self.up = False
        self.restarts = False  # as its scenario asked, since begun_restart
        self.begun_restart = 0
        self.again = False  # booted a second time


class Pool:
    def __init__(self, chosen, report, past, args, with_module, boot):
        self.boot = boot  # makes a guest anew
        self.named = {s.name: s for s in chosen}
        self.shared = [s for s in chosen if not s.alone]
        self.alone = [s for s in chosen if s.alone]
        self.report = report
        self.past = past
        self.args = args
        self.factor = args.factor * args.stretch
        self.with_module = with_module
        self.boot_limit = (DISK_BOOT_LIMIT if args.root else BOOT_LIMIT) * self.factor
        self.members = []
        self.several = False
        self.why = None  # of the last guest that was lost

    def run(self, guests):
        """Returns when no guest is left."""
        deadline = time.monotonic() + self.boot_limit
        self.members = [Member(guest, i + 1, deadline) for i, guest in enumerate(guests)]
        self.several = len(guests) > 1
        if self.several:
            # One guest keeps to the order of the names, which is easier to follow.
            for queue in (self.shared, self.alone):
                queue.sort(key=self.past.guess, reverse=True)
        try:
            while self.members:
                self.turn()
        except KeyboardInterrupt:
            for member in list(self.members):
                self.lost(member, "interrupted")
        for scenario in self.shared + self.alone:
            self.report.add(scenario.name, "fail", scenario.meaning, f"not run: {self.why}")

    def turn(self):
        """What the guests say until one of them is late."""
        left = min(m.deadline for m in self.members) - time.monotonic()
        by_socket = {m.guest.socket: m for m in self.members}
        readable = select.select(list(by_socket), [], [], max(left, 0))[0]
        for socket in readable:
            member = by_socket[socket]
            lines = member.guest.lines()
            if lines is None:
                self.lost(member, member.guest.death())
                continue
            for line in lines:
                if member not in self.members:
                    break
                self.heard(member, line)
        for member in list(self.members):
            if member.deadline <= time.monotonic() and member.guest.socket not in readable:
                self.lost(member, member.guest.death())

    def heard(self, member, line):
        word, _, rest = line.partition(" ")
        if word == "ready" and member.restarts:
            member.restarts = False
            print(f"# restarted in {time.monotonic() - member.begun_restart:.1f} s", flush=True)
        elif word == "ready" and member.up:
            self.lost(member, member.guest.death("the VM restarted by itself"))
        elif word == "ready":
            member.up = True
            which = f"guest {member.number} " if self.several else ""
            print(f"# {which}booted in {time.monotonic() - member.guest.started:.1f} s", flush=True)
            self.give(member)
        elif word == "fatal":
            self.lost(member, rest)
        elif word == "restart":
            member.restarts, member.begun_restart = True, time.monotonic()
            member.deadline = member.begun_restart + self.boot_limit
        elif word == "start":
            member.running = rest
            member.begun = member.guest.cpu()
            limit = self.limit(self.named[rest]) if rest in self.named else UNLOAD_LIMIT
            member.deadline = time.monotonic() + limit + self.grace()
        elif word == "end":
            name, verdict, tenths, reason = (rest + " ").split(" ", 3)
            self.result(member, name, verdict, reason.strip(), int(tenths) / 10)
            member.running = None
            member.deadline = time.monotonic() + self.grace()
            if not member.finishing:
                self.give(member)
        elif word == "done":
            self.gone(member, patience=10)

    def grace(self):
        return self.args.grace * self.factor

    def limit(self, scenario):
        return int(scenario.limit) * self.factor

    @staticmethod
    def fit(queue, member):
        """The first one that it can run."""
        return next((s for s in queue if not (s.sve and member.guest.plain)), None)

    def give(self, member):
        """The next scenario, or the word that there is none for it."""
        others = [m for m in self.members if m is not member]
        queue, scenario = self.shared, self.fit(self.shared, member)
        if not scenario and not others:
            queue, scenario = self.alone, self.fit(self.alone, member)
        if scenario:
            queue.remove(scenario)
            member.running = scenario.name
            member.guest.tell(f"run {scenario.name} {self.limit(scenario)} {scenario.allowed}")
            member.deadline = time.monotonic() + self.grace()
        elif self.alone and others and all(m.finishing for m in others):
            member.waits = True
        else:
            member.finishing = True
            if self.with_module:
                member.running = UNLOAD
            member.guest.tell("finish")
            member.deadline = time.monotonic() + self.grace()

    def result(self, member, name, verdict, reason, seconds=None):
        """Of the scenario, or of the unloading at a guest's end."""
        log = os.path.join(member.guest.run, name + ".log")
        if name == UNLOAD:
            shown = f"{UNLOAD}-{member.number}" if self.several else UNLOAD
            self.report.add(shown, verdict, UNLOAD_MEANING, reason, seconds, log)
            return
        cpu = None if seconds is None else member.guest.cpu() - member.begun
        self.report.add(name, verdict, self.named[name].meaning, reason, seconds, log, cpu)
        if verdict == "pass":
            self.past.seconds[name] = seconds

    def lost(self, member, why):
        """It died, hangs, or never came up: what it was about has failed."""
        if self.boots_again(member, why) or self.runs_again(member, why):
            return
        self.why = why
        console = os.path.join(member.guest.run, "console.log")
        if member.running:
            self.result(member, member.running, "fail", why)
        elif not self.with_module and (len(self.members) > 1 or not self.shared + self.alone):
            # No scenario that is left over will say it.
            self.report.add(f"guest-{member.number}", "fail", why=why)
        if self.with_module and member.running != UNLOAD:
            self.result(member, UNLOAD, "fail", f"not run: {why}")
        print(f"  # console: {tree(console)}", flush=True)
        self.gone(member)

    def boots_again(self, member, why):
        """Once, where the kernel died before it ran any program: so of nothing that is tested
        here. Seen once: an int3 in the initcalls, as in runs_again()."""
        if member.up or member.again or self.args.root or not member.guest.died_early():
            return False
        self.renew(member, f"{why}, and no program had run: it is booted again")
        return True

    def runs_again(self, member, why):
        """Once, where it is shown that QEMU has run what is not there: neither the scenario's
        fault nor ours."""
        scenario = self.named.get(member.running)
        if not member.up or member.again or self.args.root or not scenario \
                or not member.guest.ran_stale_int3():
            return False
        self.renew(member, f"{why}, of which there was none in its text: QEMU's fault; "
                           f"{scenario.name} is run again")
        (self.alone if scenario.alone else self.shared).insert(0, scenario)
        member.up, member.running = False, None
        return True

    def renew(self, member, why):
        """Another guest in its place."""
        guest = member.guest
        print(f"# guest {member.number}: {why}; its console: {tree(guest.keep_console())}",
              flush=True)
        guest.end()
        member.guest, member.again = self.boot(guest), True
        member.deadline = time.monotonic() + self.boot_limit

    def gone(self, member, patience=0):
        member.guest.end(patience)
        self.members.remove(member)
        for other in self.members:
            if other.waits:
                other.waits = False
                self.give(other)
