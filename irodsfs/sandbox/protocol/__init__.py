"""The protocol of iRODS: messages, the handshake, error numbers, TLS."""
