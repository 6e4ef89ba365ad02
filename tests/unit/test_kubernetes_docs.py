"""docs/kubernetes.md says what is so: every right and setting, and the very sentences that users meet."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.deploy.cluster import MANIFESTS, ROOT, only
from wic_lsp.config import _KUBERNETES
from wic_runtimes.kubernetes import faults, images

DOCS = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")


def section(title):
    """Return the text under a title."""
    return DOCS.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text):
    """Return a table's rows, as lists of cells."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]


def test_the_table_of_rights_is_the_role():
    """Each verb of the Role, and no other, has its line with what it is for."""
    told, resource = set(), ""
    for cells in rows(section("RBAC"))[2:]:
        resource = re.sub(r"[` ]|\(.*\)", "", cells[0]) or resource
        told |= {(resource, verb) for verb in cells[1].split(", ")}
    objects = yaml.safe_load_all((MANIFESTS / "base/access.yaml").read_text(encoding="utf-8"))
    rules = only(list(objects), "Role")["rules"]
    assert told == {(name, verb) for rule in rules for name in rule["resources"] for verb in rule["verbs"]}


def test_every_setting_of_a_cluster_is_told():
    """The table of settings names all entries of the table `kubernetes`, and no other."""
    told = set(re.findall(r"`kubernetes\.(\w+)`", section("Settings")))
    assert told == set(_KUBERNETES)


def test_the_sentences_are_those_that_are_said():
    """What stands under a symptom is found in the program, up to what is filled in."""
    said = " ".join(Path(module.__file__).read_text(encoding="utf-8") for module in (faults, images))
    said = re.sub(r"\{[^{}]*\}", "...", re.sub(r'"\s+f?"', "", said))
    symptoms = [cells[0] for cells in rows(section("When something is wrong"))[2:]]
    ours = [one for one in symptoms if one.startswith(("The ", "Kubernetes ", "No node", "Name it"))]
    lost = ["The connection is lost after a minute without edits"]
    assert len(ours) > len(lost) + 9
    for sentence in ours:
        beginning = re.split(r"\.\.\.|:|, ", sentence.replace("wic-compile", "..."))[0].strip()
        assert sentence in lost or beginning in said, sentence


def test_every_overlay_and_file_that_is_named_is_there():
    """No path in the text leads nowhere."""
    named = set(re.findall(r"\b(?:manifests|runtimes)/[\w/.-]*\w", DOCS))
    assert {f"manifests/overlays/{name}" for name in ("kind", "production", "gvisor")} <= named
    assert [one for one in named if not (ROOT / one).exists()] == []
