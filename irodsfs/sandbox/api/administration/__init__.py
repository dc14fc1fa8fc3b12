"""What administrators change in a zone's catalog: users, groups, passwords, resources, quotas, zones, tokens."""
