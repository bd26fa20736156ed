"""Check that an output can be written before anything is computed, and lock it against a second run."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = ".lock"


@contextmanager
def output(
    path, force: bool = True, inputs: Iterable[Path] = (), folder: bool = False, begins: bytes = b""
) -> Iterator[Path]:
    """Hold an output while it is written: whoever writes a file or a folder does it inside.

    A second run on the same output is refused. The system gives the lock back when a run is killed, so that
    the next one resumes.

    Parameters
    ----------
    path : path-like
        The final name.
    force : bool
        An output that is there already may be replaced.
    inputs : iterable of path
        Files that are read, which the output must not be, by any name.
    folder : bool
        The output is a folder. It is made where it is missing, and removed again if nothing was put into it.
    begins : bytes
        How such a file begins; what begins otherwise is something else, and is not replaced.

    Yields
    ------
    pathlib.Path

    Raises
    ------
    OSError
        It is of the wrong kind, is there already, cannot be written, or another run is writing it.
    ValueError
        It is one of the inputs.
    """
    path = Path(path)
    check_output(path, force, inputs, folder, begins)
    made = _make(path) if folder else []
    try:
        with held(
            path / LOCK if folder else path.with_name(path.name + LOCK), f"another run is writing {path}"
        ):
            yield path
    finally:
        for empty in made:
            with suppress(OSError):
                empty.rmdir()


def check_output(
    path, force: bool = True, inputs: Iterable[Path] = (), folder: bool = False, begins: bytes = b""
) -> None:
    """Raise what `output` raises, without holding anything."""
    path = Path(path)
    if path.name == "-":
        raise ValueError(f"{str(path)!r} is no name for an output; name a {'folder' if folder else 'file'}.")
    if folder and path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{path} is a file; name a folder to write to.")
    if not folder and path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file to write.")
    if not folder and path.exists() and not path.is_file():
        raise ValueError(f"{path} is neither a file nor a folder; name a file to write.")
    if not folder and not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write to; make it first.")
    refuse_own_input(path, inputs)
    if not folder and path.exists() and not force:
        raise FileExistsError(f"{path} is there already; pass --force to overwrite it.")
    if begins and path.exists():
        with path.open("rb") as file:
            if file.read(len(begins)) not in (b"", begins):
                raise FileExistsError(f"{path} is there already, and is something else; name another output.")
    home = next(up for up in (path.absolute(), *path.absolute().parents) if up.is_dir())
    if not os.access(home, os.W_OK | os.X_OK):
        raise PermissionError(f"{home} may not be written to, so {path} cannot be; name another output.")


def refuse_own_input(path, inputs: Iterable[Path]) -> None:
    """Raise a ValueError where an output is one of some inputs, by this name or by a link."""
    for source in filter(None, inputs):
        if Path(path).exists() and Path(source).exists() and os.path.samefile(path, source):
            also = "" if Path(path) == Path(source) else f", {source}"
            raise ValueError(f"{path} is the input itself{also}; name another output.")


@contextmanager
def held(lock, busy: str, wait: bool = False) -> Iterator[None]:
    """Hold a lock file, and remove it at the end.

    Parameters
    ----------
    lock : path-like
    busy : str
        What is said where another process has it: the beginning of the sentence.
    wait : bool
        Wait for the other process instead.

    Raises
    ------
    BlockingIOError
        Another process holds it.
    """
    from filelock import FileLock, Timeout  # it takes a while to import

    lock = Path(lock)
    system_lock = FileLock(lock, timeout=-1 if wait else 0)
    try:
        system_lock.acquire()
    except Timeout as error:
        raise BlockingIOError(f"{busy}; wait until it ends, then run this again.") from error
    try:
        yield
    finally:
        with suppress(OSError):  # before the release: afterwards it may be another's
            lock.unlink()
        system_lock.release()


def _make(folder: Path) -> list[Path]:
    """Make a folder; return what was made, the innermost first."""
    absent = [up for up in (folder, *folder.parents) if not up.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return absent
