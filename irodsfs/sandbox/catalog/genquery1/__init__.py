"""GenQuery1: the catalog query of API 702, built from column numbers and conditions.

What a real server does is followed to the letter: its column table, its way of joining tables, its grammar of
conditions, its access control and its paging.
"""

from __future__ import annotations
