"""iRODS through python-irodsclient: connections, flights of requests, queries, metadata, permissions."""
