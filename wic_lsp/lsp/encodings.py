"""How a client counts columns that cannot say so in LSP's way: by `positionEncoding` among its options.

LSP has `general.positionEncodings` for it since version 3.17, and means UTF-16 where a client says nothing.
Some clients say nothing and count otherwise, as ALE does, for which columns are bytes. What a client says in
LSP's way counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from lsprotocol import types

from wic_lsp.config import Problem
from wic_lsp.positions import Encoding

OPTION: Final = "positionEncoding"


def unwrap(options: object) -> object:
    """Return the options themselves, whether or not the editor wrapped them in `wic`."""
    if isinstance(options, Mapping) and "wic" in options:
        return cast("Mapping[str, object]", options)["wic"]
    return options


def offer_encoding(params: types.InitializeParams) -> None:
    """Have a client that offers no encoding be taken for one that offers what its options say."""
    capabilities = params.capabilities
    general = capabilities.general or types.GeneralClientCapabilities()
    encoding = _encodings().get(str(_said(unwrap(params.initialization_options))))
    if encoding is not None and general.position_encodings is None:
        general.position_encodings = [types.PositionEncodingKind(encoding.value)]
        capabilities.general = general


def take_encoding(options: object, agreed: Encoding) -> tuple[object, tuple[Problem, ...]]:
    """Return the options without the encoding, and what is wrong with that; `agreed` is the one in force."""
    if not isinstance(options, Mapping) or OPTION not in options:
        return options, ()
    said = _said(options)
    others = {name: value for name, value in cast("Mapping[str, object]", options).items() if name != OPTION}
    if said is None or said in _encodings():
        return others, ()
    *first, last = (f"'{name}'" for name in _encodings())
    message = f"wic.{OPTION} must be {', '.join(first)} or {last}; in force is {agreed.value}."
    return others, (Problem(f"wic.{OPTION}", message),)


def _said(options: object) -> object:
    """Return what the options say; None for nothing. What is no text is turned into one."""
    said = cast("Mapping[str, object]", options).get(OPTION) if isinstance(options, Mapping) else None
    return said if said is None else str(said)


def _encodings() -> Mapping[str, Encoding]:
    return {one.value: one for one in Encoding}
