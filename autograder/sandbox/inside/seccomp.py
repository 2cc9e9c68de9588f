"""The system calls a submission may not make, as a filter the kernel runs (``seccomp(2)``).

A list of what is refused, not of what is allowed: NumPy, IPython and a student's own processes use
hundreds of calls, and the namespaces already contain those. What is refused is what reaches
around them (new namespaces, mounts, other processes' memory), what the kernel has had most holes
in (bpf, io_uring, keyrings, userfaultfd), and memory that no limit counts.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
from dataclasses import dataclass

from . import linux

__all__ = ["ARCHITECTURES", "install", "program"]

# <linux/bpf_common.h>, <linux/filter.h>
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
INSTRUCTION = struct.Struct("HBBI")
# <linux/seccomp.h>: offsets in struct seccomp_data, and what a filter may answer
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
X32_BIT = 0x40000000
PR_SET_SECCOMP, FILTER_MODE = 22, 2

NAMESPACE_FLAGS = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWCGROUP
)
TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX

# The refused calls' numbers on x86-64, and on the processors that share the generic table.
REFUSED: dict[str, tuple[int, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "init_module": (175, 105),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "memfd_create": (319, 279),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "move_pages": (279, 239),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "set_mempolicy": (238, 237),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
    # Since Linux 5.1 a new call has the same number everywhere.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "pidfd_getfd": (438, 438),
    "mount_setattr": (442, 442),
    "quotactl_fd": (443, 443),
    "memfd_secret": (447, 447),
    "open_tree_attr": (467, 467),
}


@dataclass(frozen=True)
class Architecture:
    """What the filter must know of a processor: the kernel's name for it, and call numbers."""

    audit: int
    clone: int
    socket: int
    socketpair: int
    ioctl: int
    refused: tuple[int, ...]


CLONE3 = 435
ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, 56, 41, 53, 16, tuple(x86 for x86, _ in REFUSED.values())),
    "aarch64": Architecture(
        0xC00000B7, 220, 198, 199, 29, tuple(n for _, n in REFUSED.values() if n is not None)
    ),
}


def program(architecture: Architecture) -> bytes:
    """Assemble the filter.

    Parameters
    ----------
    architecture : Architecture
        One of `ARCHITECTURES`.

    Returns
    -------
    bytes
        Instructions as ``struct sock_filter`` has them.
    """
    code = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, architecture.audit),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        # The x32 ABI is a second set of numbers for the same calls.
        (JUMP_AT_LEAST, 0, 1, X32_BIT),
        (RETURN, 0, 0, REFUSE | errno.ENOSYS),
        # Its flags are behind a pointer, which a filter cannot read; without it libc uses clone.
        (JUMP_EQUAL, 0, 1, CLONE3),
        (RETURN, 0, 0, REFUSE | errno.ENOSYS),
        (JUMP_EQUAL, 0, 4, architecture.clone),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_ANY_BIT, 0, 1, NAMESPACE_FLAGS),
        (RETURN, 0, 0, REFUSE | errno.EPERM),
        (RETURN, 0, 0, ALLOW),
        (JUMP_EQUAL, 1, 0, architecture.socket),
        (JUMP_EQUAL, 0, 4, architecture.socketpair),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        # vsock and Bluetooth know no network namespace, so it is not enough to have an empty one.
        (JUMP_EQUAL, 1, 0, socket.AF_UNIX),
        (RETURN, 0, 0, REFUSE | errno.EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW),
        (JUMP_EQUAL, 0, 5, architecture.ioctl),
        (LOAD, 0, 0, SECOND_ARGUMENT),
        (JUMP_EQUAL, 1, 0, TERMINAL_INJECTION[0]),
        (JUMP_EQUAL, 0, 1, TERMINAL_INJECTION[1]),
        (RETURN, 0, 0, REFUSE | errno.EPERM),
        (RETURN, 0, 0, ALLOW),
    ]
    for number in architecture.refused:
        code += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE | errno.EPERM)]
    code.append((RETURN, 0, 0, ALLOW))
    return b"".join(INSTRUCTION.pack(*instruction) for instruction in code)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install() -> None:
    """Put the filter on this process and all it will start, for good; needs no_new_privs.

    Raises
    ------
    OSError
        The kernel has no seccomp filters.
    KeyError
        The processor is not one of `ARCHITECTURES`.
    """
    code = program(ARCHITECTURES[platform.machine()])
    buffer = ctypes.create_string_buffer(code, len(code))
    address = ctypes.cast(buffer, ctypes.c_void_p)
    filter_ = _Program(len(code) // INSTRUCTION.size, address)
    linux.checked(
        linux.prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.addressof(filter_)), "seccomp filter"
    )
