"""python -m dec_core"""

import sys

try:
    from dec_core.cli import main

    code = main()
except ModuleNotFoundError as error:  # most likely by another Python than the one that everything was installed for
    python = ".venv/bin/python, on Windows .venv\\Scripts\\python"
    sys.exit(f"error: {error.name} is not installed for {sys.executable}; in a checkout of the project use {python}")
sys.exit(code)
