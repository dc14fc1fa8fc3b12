"""Benchmarks: what users do, timed and counted on the wire, beside the same work done with plain python-irodsclient.

`python -m benchmarks --help` tells the options. Each workload runs on a fresh mount of an embedded zone (or of any
zone, or in a directory that is mounted already), through a proxy that counts requests and delays replies. The
throughput of the mount itself is measured without the proxy, with a stand-in for the zone that answers from memory. The
columns:

seconds   from the first system call to the last, by the clock on the wall
requests  API requests on the wire; logging in is not counted, what came with new connections is in their own column
flights   requests that were written when nothing was outstanding on their connection: the times somebody waited
bytes     of requests and replies, headers included
"""
