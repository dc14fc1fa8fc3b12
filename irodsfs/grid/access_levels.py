"""Access levels as the catalog numbers them; a higher one includes the lower ones."""

from __future__ import annotations

READ_OBJECT = 1050
CREATE_OBJECT = 1110
MODIFY_OBJECT = 1120
DELETE_OBJECT = 1130
OWN = 1200
