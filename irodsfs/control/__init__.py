"""The control socket: HTTP beside a mount, for everything that has no POSIX word."""
