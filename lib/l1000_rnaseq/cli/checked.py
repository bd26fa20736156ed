"""Checks of every option of every command: no empty text, and no output that is an input."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import click


class OutputPath(click.Path):
    """The path of a file or a folder that a command writes."""


def checked(command: click.Command) -> Callable:
    """Return the function of a command behind these checks.

    An empty text is refused: mostly it is a variable of the shell that is not set. An output must not be one
    of the inputs, by any name.
    """
    function = command.callback

    @functools.wraps(function)
    def run(*args, **values):
        for parameter in command.params:
            _refuse_empty(parameter, values.get(parameter.name))
        outputs = [p for p in command.params if isinstance(p.type, OutputPath)]
        paths = [p for p in command.params if isinstance(p.type, click.Path) and p not in outputs]
        inputs = [path for p in paths for path in _files(values.get(p.name))]
        for parameter in outputs:
            path = values.get(parameter.name)
            if inputs and path and Path(path).is_file():
                from l1000_rnaseq.data.files.output import refuse_own_input

                refuse_own_input(path, inputs)
        return function(*args, **values)

    return run


def _refuse_empty(parameter: click.Parameter, value) -> None:
    texts = value if isinstance(value, tuple | list) else (value,)
    if value != parameter.default and any(isinstance(text, str) and not text.strip() for text in texts):
        name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.make_metavar()
        raise ValueError(f"{name} is empty; give it a value, or leave it out.")


def _files(value) -> Iterator[Path]:
    """Yield the files that paths name: of a data folder, those of its rooms, such as l1000/level3.gctx."""
    for path in map(Path, value if isinstance(value, tuple) else filter(None, (value,))):
        if path.is_dir():
            yield from (file for file in path.glob("*/*") if file.is_file())
        else:
            yield path
