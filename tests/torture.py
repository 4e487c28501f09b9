"""Whether tests marked ``torture`` run in their long form, as ``make torture`` runs them, or in the short one of CI."""

import os

IS_LONG = os.environ.get("RECORDKEEPER_TORTURE") == "long"
SAID = "said"
"""The property of a test under which it says what its long form has counted."""

LONGEST_SECONDS = float(os.environ.get("RECORDKEEPER_TORTURE_SECONDS", "7000"))
"""How long a test that goes on for as long as it may goes on."""
