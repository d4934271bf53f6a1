"""Paths and files, as all parts of the harness need them."""

import contextlib
import fcntl
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.path.join(TOP, "build")


def die(text):
    sys.exit(f"vm: {text}")


def tree(path):
    """The path relative to the tree, as messages show it."""
    return os.path.relpath(path, TOP)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@contextlib.contextmanager
def locked():
    """What is made once is made by one: the same lock as that of tests/vm/fetch."""
    with open(os.path.join(BUILD, ".fetch.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
