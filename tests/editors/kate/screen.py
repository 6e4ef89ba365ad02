"""What is on Kate's window, by the accessibility bus; run by the system's Python, which has the bindings.

Prints one line of JSON: a list of what is shown, each with its role, name, text and place on the screen. It
is run again for each look, since a program that stays connected misses what it does not ask about.
"""

from __future__ import annotations

import json

import gi

gi.require_version("Atspi", "2.0")

from gi.repository import Atspi, GLib  # noqa: E402 - after the version was chosen

MOST_CHILDREN = 300


def look(at, seen):
    """Collect what is shown in a widget, from the outside in; what goes meanwhile is passed over."""
    try:
        states = at.get_state_set()
        place = at.get_extents(Atspi.CoordType.SCREEN)
        role, name, count = at.get_role_name(), at.get_name() or "", at.get_child_count()
        words = ""
        if role == "text":
            text = at.get_text_iface()
            words = Atspi.Text.get_text(text, 0, Atspi.Text.get_character_count(text)) if text else ""
        if states.contains(Atspi.StateType.SHOWING) and (name or words):
            corners = [place.x, place.y, place.width, place.height]
            seen.append({"role": role, "name": name, "text": words, "place": corners})
        for number in range(min(count, MOST_CHILDREN)):
            child = at.get_child_at_index(number)
            if child is not None:
                look(child, seen)
    except GLib.Error:
        return


def main():
    """Print what is shown by all programs on the bus."""
    desktop = Atspi.get_desktop(0)
    seen = []
    for number in range(desktop.get_child_count()):
        program = desktop.get_child_at_index(number)
        if program is not None:
            look(program, seen)
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
