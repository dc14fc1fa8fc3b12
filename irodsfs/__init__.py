"""irodsfs mounts an iRODS zone as a directory."""

__version__ = "0.1.0"
