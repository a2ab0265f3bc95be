"""``alertwatch``: one command per file of `alertwatch/commands/`, loaded when it is called for."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import click

from alertwatch import __version__, commands
from alertwatch.commands import Session
from alertwatch.errors import AlertwatchError

HELP = """Follow the ALeRCE broker's alert streams, run science filters, keep every match.

\b
A first evening:
  alertwatch init                 write alertwatch.toml, with comments
  alertwatch check                is all in place: broker, topics, database, API?
  alertwatch run                  follow the stream until you stop it
  alertwatch matches              what was found
  alertwatch explain ZTF24abcdef  why this object matched, or did not

Times are UTC, positions degrees (ICRS). Data goes to stdout, everything else to stderr.
"""


class Commands(click.Group):
    """The files of `alertwatch/commands/`: ``dead_letters.py`` is ``alertwatch dead-letters``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click passes it
        """The names of all commands, sorted."""
        return sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The ``command`` of the file that is called so; ``None``: there is no such file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"alertwatch.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error made on purpose is a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except AlertwatchError as error:
            if ctx.params["debug"]:
                raise
            click.echo(f"alertwatch: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # `| head` has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default="alertwatch.toml",
    envvar="ALERTWATCH_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The settings file.",
)
@click.option("--debug", is_flag=True, envvar="ALERTWATCH_DEBUG", show_envvar=True, help="Show tracebacks.")
@click.version_option(__version__, prog_name="alertwatch", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context, config: Path, debug: bool) -> None:  # noqa: ARG001 - `Commands.invoke` reads it
    """The command line; `HELP` is what a person reads."""
    ctx.obj = Session(config)


if __name__ == "__main__":
    main(prog_name="alertwatch")
