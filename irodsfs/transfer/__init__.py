"""Moving the bytes of data objects: small ones whole, large ones by ranges, written ones by way of a spool."""
