"""Replicas: their bytes in vaults, and what the catalog says of them before and after."""
