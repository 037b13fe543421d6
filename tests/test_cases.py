import re
from pathlib import Path

from cases import CASES, OUTCOMES

MARK = re.compile(rf"mark\.(?:{'|'.join(OUTCOMES)})\(([^)]*)\)")


def test_every_case_has_a_test():
    """Each black-box case is some test's claim."""
    texts = [path.read_text() for path in Path(__file__).parent.rglob("test_*.py")]
    claimed = {
        case for text in texts for cases in MARK.findall(text) for case in re.findall(r'"([A-Z]{2}-\d+)"', cases)
    }
    assert sorted(CASES.keys() - claimed) == []
