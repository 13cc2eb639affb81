"""What one turn hands to the next: signed, opaque, and without a word of the visitor's."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

MAX_TOKEN = 2_000  # characters: a real one has under 300


@dataclass(frozen=True)
class Context:
    """The state of a conversation.

    Attributes:
        turn: how many replies were given.
        cited: ids of the passages last shown, best first.
        choices: ids of the passages offered by the last "did you mean".
        crisis: category of the last danger seen, or empty.
        crisis_turns: crisis replies given so far.
        calm: turns since the last crisis reply.
    """

    turn: int = 0
    cited: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    crisis: str = ""
    crisis_turns: int = 0
    calm: int = 0


class ContextSigner:
    """Writes contexts as signed text and reads back only what it signed."""

    def __init__(self, secret_key: str) -> None:
        self._serializer = URLSafeSerializer(secret_key, salt="context-1")

    def write(self, context: Context) -> str:
        defaults = Context()
        changed = {k: v for k, v in asdict(context).items() if v != getattr(defaults, k)}
        return str(self._serializer.dumps(changed))

    def read(self, token: str) -> Context:
        """Return the context in *token*; a fresh one when it is empty, foreign or damaged."""
        if not token or len(token) > MAX_TOKEN:
            return Context()
        try:
            found = self._serializer.loads(token)
            known = {f.name for f in fields(Context)}
            values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items() if k in known}
            return Context(**values)
        except (BadData, AttributeError, TypeError, ValueError):
            return Context()
