"""The provider's tables of services and operations, as text: providers/aws/*.inc."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def rows(name, macro):
    text = re.sub(r"/\*.*?\*/", "", (ROOT / "providers/aws" / name).read_text(), flags=re.S)
    for row in re.findall(macro + r"\((.*?)\)\s*(?:\n|$)", text, flags=re.S):
        yield [field.strip('"') for field in re.split(r",\s*", row.strip())]


def services():
    """{endpoint prefix: symbol}; the symbol is the name of botocore's model."""
    return {prefix: symbol for symbol, prefix, *_ in rows("apis.inc", "API")}


def operations():
    """Every operation that may be sent: ["backup:CreateBackupVault", ...]."""
    return [f"{symbol}:{name}" for symbol, name, *_ in rows("operations.inc", "OPERATION")]
