"""`python -m euthymia` is the `euthymia` command."""

from euthymia.cli.main import main

main()
