"""What is changed in libraries for the whole process, when this is imported: here, and in no other module."""

from __future__ import annotations

import errno
import logging
import os

from irods.message import set_default_XML_by_name


class _RequestsGivenUp(logging.Filter):
    """Drops pyfuse3's errors about replies for which nobody waits: the caller was killed, or the mount is gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().endswith(os.strerror(errno.ENOENT))


# Names with control characters make replies that are not XML 1.0; only this parser of python-irodsclient reads them.
set_default_XML_by_name("QUASI_XML")

# What python-irodsclient logs of a failure it also raises, and at debug level it logs credentials as they go out.
logging.getLogger("irods").setLevel(logging.CRITICAL + 1)

# pyfuse3 has one logger for the whole process, as it has one mount.
logging.getLogger("pyfuse3").addFilter(_RequestsGivenUp())
