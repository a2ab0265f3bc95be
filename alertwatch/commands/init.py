"""``alertwatch init``: writes a commented settings file."""

from __future__ import annotations

from importlib.resources import files

import click

from alertwatch.commands import Session
from alertwatch.errors import SettingsError

NEXT = """Wrote {path}. Now:
  1. Put your group prefix into group_id (ask alerce.broker@gmail.com for access).
  2. Give user and password, never in that file:
       export ALERTWATCH_SOURCES__ZTF__USERNAME=…
       export ALERTWATCH_SOURCES__ZTF__PASSWORD=…
     or in files of their own that username_file and password_file name.
  3. alertwatch check"""


@click.command()
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
@click.pass_obj
def command(session: Session, force: bool) -> None:
    """Write a commented settings file.

    It is alertwatch.toml, or the file that --config names.
    """
    path = session.config
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise SettingsError(f"{path} exists already; --force overwrites it") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
    click.echo(NEXT.format(path=path))


def template() -> str:
    """The settings file for ALeRCE's ZTF streams, with everything else as comments."""
    return files("alertwatch").joinpath("template.toml").read_text(encoding="utf-8")
