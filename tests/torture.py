"""Whether tests marked ``torture`` run in their long form, as ``make torture`` runs them, or in the short one of CI."""

import os

IS_LONG = os.environ.get("RECORDKEEPER_TORTURE") == "long"
