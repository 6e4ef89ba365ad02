"""The images that we build have done beforehand what a slow compiler does at each start."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.conformance.languages import SAMPLES
from wic_lsp.toolchains.families import families

pytestmark = pytest.mark.engine("docker")

_LABEL = "dev.wic.image"


def run_in(image: str, words, *, environment, missing_engine) -> str:
    """Run a compiler in an image of ours as a runtime runs it, and return all that it says."""
    inspected = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
    if inspected.returncode:
        missing_engine(f"the image {image} is not here: tests/engines/docker up builds it")
    if _LABEL not in (json.loads(inspected.stdout)[0]["Config"]["Labels"] or {}):
        missing_engine(f"the image {image} is not one that we built")
    variables = [f"--env={name}={value}" for name, value in environment.items()]
    isolation = ["--rm", "--network=none", "--read-only", "--tmpfs=/tmp", "--workdir=/tmp"]
    done = subprocess.run(
        ["docker", "run", *isolation, *variables, image, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def test_javac_is_loaded_already(missing_engine):
    """Of the classes that javac needs, more than nine of ten come from the archive that the JVM maps."""
    family = families()["javac"]
    (dialect,) = family.dialects
    call = ("javac", "-J-Xlog:class+load", *dialect.argv, "Main.java")
    script = 'printf "%s" "$0" >Main.java; exec "$@"'
    said = run_in(
        "eclipse-temurin:17",
        ("sh", "-c", script, SAMPLES["java"].right, *call),
        environment=family.environment,
        missing_engine=missing_engine,
    )
    sources = re.findall(r"\[class,load\] \S+ source: (.+)", said)
    shared = [source for source in sources if source.startswith("shared objects file")]
    assert len(sources) > 1000
    assert len(shared) > 0.9 * len(sources)


def test_tsc_is_compiled_already(missing_engine):
    """What node keeps of compiled scripts is there for the largest of them, and node takes it."""
    family = families()["tsc"]
    variables = {**family.environment, **family.in_image.environment, "NODE_DEBUG_NATIVE": "COMPILE_CACHE"}
    newest, *_ = family.dialects
    script = 'printf "%s" "$0" >main.ts; exec "$@"'
    said = run_in(
        "wic-typescript:5.9",
        ("sh", "-c", script, SAMPLES["typescript"].right, "tsc", *newest.argv, "main.ts"),
        environment=variables,
        missing_engine=missing_engine,
    )
    assert re.search(r"_tsc\.js was accepted", said), said[-3000:]
