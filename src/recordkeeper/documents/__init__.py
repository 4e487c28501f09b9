"""The only rooms that see WordprocessingML and PDF; values and bytes in, bytes out."""
