"""Tokens for print codes."""

import secrets

from recordkeeper.model.print_code import TOKEN_CHARACTERS, TOKEN_LENGTH


def new_token() -> str:
    """A token for a print code: nobody can guess it, and it says nothing of what it is printed on."""
    return "".join(secrets.choice(TOKEN_CHARACTERS) for _position in range(TOKEN_LENGTH))
