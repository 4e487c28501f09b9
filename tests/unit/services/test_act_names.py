"""Every kind of act and event has a name in Chinese."""

import re
from pathlib import Path

import recordkeeper
from recordkeeper.language import use_language
from recordkeeper.services.record_view import act_name

_KIND = re.compile(r'(?:"act": |\bhead_of\(|\b_head\(|\.note\(\s*)"([a-z_-]+)"')


def test_every_act_and_event_that_the_sources_write_is_called_by_a_chinese_name() -> None:
    sources = Path(recordkeeper.__file__).parent.rglob("*.py")
    kinds = {kind for source in sources for kind in _KIND.findall(source.read_text(encoding="utf-8"))}
    assert {"new", "hold", "ask", "refuse", "rotate-log-key"} <= kinds
    use_language("zh")
    assert sorted(kind for kind in kinds if act_name(kind).isascii()) == []
