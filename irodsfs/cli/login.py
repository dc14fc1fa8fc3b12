from __future__ import annotations

from pathlib import Path

import click

EPILOG = (
    "ADDRESS is irods://user@host:port/zone, or the beginning of it: what is missing is taken from the iRODS "
    "environment or asked for. The password comes from --password-file, from IRODSFS_PASSWORD, from standard input "
    "where there is no terminal, or from a prompt."
)


@click.command(epilog=EPILOG)
@click.argument("address", required=False)
@click.option("--ttl", "hours", metavar="HOURS", type=click.IntRange(min=1), help="How long the login shall be good.")
@click.option("--password-file", metavar="FILE", type=click.Path(path_type=Path), help="Where the password is.")
@click.option(
    "--scheme", metavar="NAME", help="native, pam_password or pam_interactive. [default: tries the first two]"
)
@click.option(
    "--ca-certificate", metavar="FILE", type=click.Path(path_type=Path), help="Authorities to trust, in PEM format."
)
def login(
    address: str | None, hours: int | None, password_file: Path | None, scheme: str | None, ca_certificate: Path | None
) -> None:
    """Log in to a zone, and keep what is needed to mount it, for the icommands and python-irodsclient, too.

    It asks what it does not know and finds out what the server wants. Settings are kept in
    ~/.irods/irods_environment.json and the scrambled password in ~/.irods/.irodsA (or where IRODS_ENVIRONMENT_FILE and
    IRODS_AUTHENTICATION_FILE say).
    """
    # What it needs takes a while to import, and help must not wait for it.
    from irodsfs.cli.login_dialogue import sign_in_to

    sign_in_to(address, hours, password_file, scheme, ca_certificate)
