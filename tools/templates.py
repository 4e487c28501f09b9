"""Write the Word template beside each shipped definition anew: a change of the house style is one change."""

from pathlib import Path

from recordkeeper.services.drafting import definition_in_file

FORMS = Path(__file__).resolve().parents[1] / "forms"


def main() -> None:
    """Write those that are no longer what the house style makes of their definition."""
    for path in sorted(FORMS.glob("*/*.docx")):
        made = definition_in_file(path.with_suffix(".yaml")).scaffold()
        if made != path.read_bytes():
            path.write_bytes(made)
            print(path.relative_to(FORMS.parent))


if __name__ == "__main__":
    main()
