"""POSIX on a zone, without a kernel: names, open files, extended attributes, and what waits."""
