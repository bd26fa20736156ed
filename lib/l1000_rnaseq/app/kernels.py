"""Kernels that are there at once: each run is forked from a process that has everything imported.

The process that kernels are forked from is Python's own fork server. It is started with the form, and again
should it die. A kernel has the memory of that process, shared until it writes, and ends with its run.
"""

import asyncio
import multiprocessing
import os
import pathlib
import signal
import time
from multiprocessing.process import BaseProcess

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Int, Unicode
from traitlets.config import Config

PREPARED = "l1000_rnaseq.app.prepared"
MEMORY = 2048  # MiB that a run may take besides what it shares


def are_forked() -> bool:
    """Whether this system can fork kernels."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def start_fork_server() -> None:
    """Start the process that kernels are forked from, and wait until it is prepared.

    Raises
    ------
    ValueError
        It cannot be prepared; what it printed says why.
    """
    process = _context().Process(target=os.getpid, daemon=True)
    try:
        process.start()
    except (EOFError, OSError) as error:
        raise ValueError("The kernels cannot be prepared; the lines above say why.") from error
    process.join()


def settings(folder: str | pathlib.Path) -> Config:
    """Return what makes a notebook's kernel a forked one that is reached through files in a folder.

    Parameters
    ----------
    folder : path
        Private to this server, with a short path. No port is opened.
    """
    return Config(
        {
            "KernelManager": {"transport": "ipc"},
            "ForkedKernelManager": {"folder": str(folder), "memory": MEMORY},
        }
    )


class ForkedKernelManager(AsyncKernelManager):
    """Starts a kernel by a fork instead of a new Python.

    Attributes
    ----------
    folder : str
        Where its sockets are.
    memory : int
        MiB that it may take besides what it shares.
    """

    folder = Unicode(config=True)
    memory = Int(MEMORY, config=True)

    async def _async_pre_start_kernel(self, **kwargs):
        if self.provisioner is None:
            name = os.urandom(4).hex()
            self.connection_file = str(pathlib.Path(self.folder) / f"{name}.json")
            self.provisioner = ForkedProvisioner(
                kernel_id=name, kernel_spec=self.kernel_spec, parent=self, memory=self.memory
            )
        return await super()._async_pre_start_kernel(**kwargs)


class ForkedProvisioner(LocalProvisioner):
    """Launches a kernel by a fork; the rest of its life is that of any local kernel."""

    memory = Int(MEMORY)

    async def launch_kernel(self, cmd, **kwargs):
        """Fork a kernel that reads its connection from the file that the command names."""
        arguments, cwd = cmd[cmd.index("-f") :], str(kwargs["cwd"])
        asked = (arguments, dict(kwargs["env"]), cwd, self.memory << 20)
        process = await asyncio.to_thread(_fork, asked)
        self.process = _LikePopen(process)
        self.pid = self.pgid = process.pid
        self.cwd = cwd
        return self.connection_info


class _LikePopen:
    """A forked process with the methods of `subprocess.Popen` that a provisioner calls."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess):
        self.process, self.pid = process, process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self) -> int | None:
        self.process.join()
        return self.process.exitcode

    def send_signal(self, signum: int) -> None:
        os.kill(self.pid, signum)

    def terminate(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.process.kill()


def _fork(asked: tuple, tries: int = 5) -> BaseProcess:
    """Start a kernel; a fork server that has died is started again first.

    One that is about to die may still count as alive; then the pipe to it is cut.
    """
    for left in reversed(range(tries)):
        process = _context().Process(target=_run_kernel, args=asked, daemon=True)
        try:
            process.start()
            break
        except (EOFError, OSError):
            if not left:
                raise
            time.sleep(0.2)
    return process


def _context():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PREPARED])
    return context


def _run_kernel(arguments: list[str], environment: dict[str, str], folder: str, memory: int) -> None:
    """Be a kernel, in the forked process, until it is shut down."""
    from ipykernel.kernelapp import IPKernelApp

    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    limit_memory(memory)
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # without it, a kernel ends too
    IPKernelApp.launch_instance([*arguments, parent])


def limit_memory(more: int) -> None:
    """Let this process take so many bytes more than it has; where the system does not tell, do nothing."""
    size = pathlib.Path("/proc/self/statm")
    if size.is_file():
        import resource  # where there is no /proc there may be no such module

        now = int(size.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + more, now + more))
