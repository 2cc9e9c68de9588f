"""The few Linux calls that Python does not offer, through libc."""

from __future__ import annotations

import ctypes
import os

__all__ = [
    "bind",
    "die_with_parent",
    "drop_capabilities",
    "forbid_new_privileges",
    "make_mounts_private",
    "mount",
    "set_dumpable",
    "unshare",
]

# <sched.h>
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
# <sys/mount.h>
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
# <sys/prctl.h>
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
CAPABILITY_VERSION_3 = 0x20080522
SIGKILL = 9

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Raise OSError for a libc call that failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(option: int, *arguments: int) -> int:
    """``prctl(2)``, its arguments as unsigned long."""
    padded = [*arguments, 0, 0, 0, 0][:4]
    result: int = _libc.prctl(option, *(ctypes.c_ulong(argument) for argument in padded))
    return result


def unshare(flags: int) -> None:
    """Leave namespaces, ``unshare(2)``."""
    checked(_libc.unshare(flags), "unshare")


def mount(kind: str, target: str, flags: int, options: str = "") -> None:
    """Mount a file system of a kind that needs no source."""
    name = kind.encode()
    result = _libc.mount(name, target.encode(), name, ctypes.c_ulong(flags), options.encode())
    checked(result, f"mount {kind} on {target}")


def bind(source: str, target: str) -> None:
    """Show the directory `source` at `target` too."""
    result = _libc.mount(source.encode(), target.encode(), None, ctypes.c_ulong(MS_BIND), None)
    checked(result, f"bind {source} on {target}")


def make_mounts_private() -> None:
    """Keep what is mounted from here on to this namespace."""
    result = _libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    checked(result, "make mounts private")


def forbid_new_privileges() -> None:
    """No program executed from here on gains anything by being set-uid."""
    checked(prctl(PR_SET_NO_NEW_PRIVS, 1), "no_new_privs")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies."""
    checked(prctl(PR_SET_PDEATHSIG, SIGKILL), "die with parent")


def set_dumpable(dumpable: bool) -> None:
    """Say whether processes of the same user may read and trace this one."""
    checked(prctl(PR_SET_DUMPABLE, int(dumpable)), "dumpable")


def drop_bounding_set() -> None:
    """Take every capability out of the bounding set; needs CAP_SETPCAP."""
    for capability in range(64):
        # The first number the kernel does not know ends the list.
        if prctl(PR_CAPBSET_DROP, capability) != 0:
            break


def drop_capabilities() -> None:
    """Give up every capability in every set, for good."""
    drop_bounding_set()
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked(_libc.capset(header, nothing), "capset")
