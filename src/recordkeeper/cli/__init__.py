"""The command line: parse, one call into the services, render, exit status."""
