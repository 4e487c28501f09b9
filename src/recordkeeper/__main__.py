"""Run the command line with ``python -m recordkeeper``."""

from recordkeeper.cli.main import run

if __name__ == "__main__":
    run()
