"""The file system: pyfuse3's requests answered from the catalog, the transfer of bytes, and the zone."""
