"""Looking around, reaching out and breaking out.

Each attempt that succeeds says so in the cell's output, and the cell says that it came to its end;
`test_class` looks for both words. What they reach for was laid out for them: see `Ground`.
"""

from __future__ import annotations

from typing import Any

from tests.hostile.case import Case, cell

SNOOPING, NETWORK, BREAKING, POISON = "snooping", "network", "breaking out", "poison"

# Put together, so that the word is in an output only if it was printed.
ATTEMPT = """
import ctypes, glob, os, signal, socket, sqlite3, sys
assert socket.gethostname() == "sandbox", "not where nothing contains it"
libc = ctypes.CDLL(None, use_errno=True)
def attempt(what, action):
    try:
        gained = action()
    except (OSError, ValueError, sqlite3.Error, RuntimeError, AttributeError):
        return
    if gained:
        print("ESC" + "APED:", what)
"""
DONE = '\nprint("TR" + "IED")'


def tries(name: str, kind: str, what: str, code: str, **other: Any) -> Case:
    """A case that makes attempts in a cell."""
    return Case(name, kind, what, cell(ATTEMPT + code + DONE), **{"there": False, **other})


CASES = (
    tries(
        "reads-course",
        SNOOPING,
        "the course's secret, gradebook, solutions and configuration, by their paths",
        """
for name in (".autograder-secret", "gradebook.db", "nbgrader_config.py", "verdicts", "autograded",
             "source/03_gate_patterns/gate_patterns.ipynb", "solutions"):
    attempt(name, lambda: os.path.lexists("@course@/" + name))
    attempt(name, lambda: os.path.lexists("/proc/1/root@course@/" + name))
attempt("a file outside", lambda: open("@canary@").read())
""",
    ),
    tries(
        "changes-gradebook",
        SNOOPING,
        "opens the gradebook and gives everybody 100 points",
        """
def change():
    with sqlite3.connect("@course@/gradebook.db") as book:
        return book.execute("UPDATE grade SET auto_score = 100").rowcount
attempt("the gradebook", change)
""",
    ),
    tries(
        "reads-the-others",
        SNOOPING,
        "the other submissions, wherever they may lie",
        """
for pattern in ("@course@/submitted/*/*/*.ipynb", "/tmp/**/*.ipynb", "/home/**/*.ipynb",
                "/root/**/*.ipynb", "./**/*.ipynb", "/dev/shm/*"):
    attempt(pattern, lambda: glob.glob(pattern, recursive=True)[:1])
""",
    ),
    tries(
        "reads-processes",
        SNOOPING,
        "environment, memory and files of every process that it can name",
        """
for pid in {*(int(n) for n in os.listdir("/proc") if n.isdigit()), 1, 2, os.getppid(), @pid@}:
    if pid == os.getpid():
        continue
    for file in ("environ", "mem", "maps", "fd", "root", "cwd"):
        path = f"/proc/{pid}/{file}"
        attempt(path, lambda: os.listdir(path) if file == "fd" else
                os.readlink(path) if file in ("root", "cwd") else open(path, "rb").read(1))
attempt("the zygote's environment", lambda: b"HOSTILE" in open("/proc/self/environ", "rb").read())
attempt("a variable of the grader", lambda: [n for n in os.environ if "HOSTILE" in n])
""",
    ),
    tries(
        "kills-the-grader",
        BREAKING,
        "signals to the grader, its group and whoever answers to a number near",
        """
for pid in (@pid@, -@pid@, os.getppid(), *range(2, 40)):
    attempt(f"signal to {pid}", lambda: pid > 1 and os.kill(pid, signal.SIGUSR1) is None)
""",
    ),
    tries(
        "traces",
        BREAKING,
        "ptrace, process_vm_readv and pidfd_getfd on others",
        """
for pid in (@pid@, 1, os.getppid() or 1):
    attempt("ptrace", lambda: libc.ptrace(16, pid, 0, 0) == 0)
    attempt("pidfd", lambda: pid != 1 and libc.syscall(434, pid, 0) >= 0)
    attempt("its memory", lambda: libc.syscall(310, pid, 0, 0, 0, 0, 0) >= 0)
""",
    ),
    tries(
        "mounts",
        BREAKING,
        "namespaces, mounts, chroot and devices of its own",
        """
for flag in (0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x02000000):
    attempt("unshare", lambda: libc.unshare(flag) == 0)
    attempt("clone", lambda: libc.syscall(56, flag | 17, 0, 0, 0, 0) > 0)
attempt("mount", lambda: libc.mount(b"t", b"/tmp", b"tmpfs", 0, None) == 0)
attempt("umount", lambda: libc.umount2(b"/tmp", 2) == 0)
attempt("chroot", lambda: os.chroot("/tmp") is None)
attempt("mknod", lambda: os.mknod("/tmp/sda", 0o60660, os.makedev(8, 0)) is None)
attempt("setns", lambda: libc.setns(os.open("/proc/1/ns/net", 0), 0) == 0)
for number in (250, 298, 321, 323, 425, 428, 310, 169, 175, 246):
    attempt(f"system call {number}", lambda: libc.syscall(number, 0, 0, 0, 0, 0) >= 0)
""",
    ),
    tries(
        "becomes-root",
        BREAKING,
        "other users, capabilities and limits",
        """
for uid in (0, 1000):
    attempt("setuid", lambda: os.setuid(uid) is None)
    attempt("setgroups", lambda: os.setgroups([uid]) is None)
attempt("capabilities", lambda: libc.prctl(24, 21) == 1 or libc.prctl(47, 2, 21, 0, 0) == 0)
import resource
attempt("limits", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999)) is None)
attempt("nice", lambda: os.nice(-5) is not None)
attempt("control groups", lambda: glob.glob("/sys/fs/cgroup/*"))
""",
    ),
    tries(
        "telephones",
        NETWORK,
        "servers of this machine, other machines, raw and other sockets",
        """
def reach(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as caller:
        caller.settimeout(0.3)
        caller.connect(address)
        return True
attempt("a server here", lambda: reach(socket.AF_INET, ("127.0.0.1", @port@)))
attempt("a server here", lambda: reach(socket.AF_INET6, ("::1", @port@)))
attempt("another machine", lambda: reach(socket.AF_INET, ("192.0.2.1", 80)))
attempt("a name server", lambda: reach(socket.AF_INET, ("192.0.2.1", 53), socket.SOCK_DGRAM))
attempt("an abstract socket", lambda: reach(socket.AF_UNIX, "\\0@abstract@"))
attempt("a socket with a path", lambda: reach(socket.AF_UNIX, "@socket@"))
for family in (16, 17, 31, 38, 40):
    attempt(f"family {family}", lambda: socket.socket(family, socket.SOCK_RAW))
""",
    ),
    tries(
        "keystrokes",
        BREAKING,
        "types into the instructor's terminal",
        """
import fcntl, termios
for path in ("/dev/tty", "/dev/console", "/dev/pts/0", "/proc/self/fd/0"):
    attempt(path, lambda: fcntl.ioctl(os.open(path, os.O_RDWR), termios.TIOCSTI, b"x") is not None)
""",
    ),
    tries(
        "poisons-the-system",
        POISON,
        "writes where Python, IPython and Matplotlib will look next time",
        """
import numpy, IPython, site
for place in (numpy.__file__, IPython.__file__, sys.executable, *site.getsitepackages(), "/sandbox",
              "/usr/lib/sitecustomize.py", "/etc/ld.so.preload", "/sandbox/inside/child.py"):
    attempt(place, lambda: os.access(place, os.W_OK))
    attempt(place, lambda: os.access(os.path.dirname(place), os.W_OK))
    attempt(place, lambda: os.utime(place) is None)
""",
    ),
    tries(
        "poisons-the-next",
        POISON,
        "leaves files, names and patches for whoever is graded next",
        """
attempt("what the one before left", lambda: glob.glob("/tmp/**/poison*", recursive=True))
attempt("what the one before left", lambda: hasattr(np, "poisoned"))
np.poisoned = np.exp
np.exp = np.multiply = lambda *a, **k: 0.0
for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), ".", os.environ["IPYTHONDIR"]):
    attempt("nothing", lambda: open(folder + "/poison.py", "w") and None)
os.environ["PYTHONSTARTUP"] = os.environ["LD_PRELOAD"] = "/tmp/poison.py"
import course.checking.check
course.checking.check.examine = None
""",
        expect="vandal",
    ),
    tries(
        "links",
        SNOOPING,
        "symbolic and hard links to what it may not read, and paths upwards",
        """
for target in ("@canary@", "@course@/gradebook.db", "/etc/shadow", "/etc/hostname"):
    name = f"/tmp/link{abs(hash(target))}"
    attempt(target, lambda: os.symlink(target, name) or open(name).read(1))
    attempt(target, lambda: os.link(target, name + "h") or open(name + "h").read(1))
    attempt(target, lambda: open("../../../../../../.." + target).read(1))
""",
    ),
)
