from __future__ import annotations

from irodsfs.cli import main

if __name__ == "__main__":
    main()
