"""`python -m pipelines.cli`, for where the command is not on the path. Not here: any command."""

from pipelines.cli import main

if __name__ == "__main__":
    main(prog_name="crosslife")
