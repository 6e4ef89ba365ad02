"""Compilers that were found and may be asked: what they are asked, and what their answers make of them.

A family's file writes of its host's paths what differs from machine to machine in braces: `{program}` is the
compiler's file, `{launcher}` the file of what runs it, `{folder}` the program's folder and `{prefix}` the one
above that. Only here are these filled in. Pure: who asks, and whom, is `discovery`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from wic_lsp.toolchains.dialects import is_version, read_version
from wic_lsp.toolchains.families import Family, Surroundings, Toolchain
from wic_runtimes.contract import CompileJob, Image, Limits, Program

_PROBE_LIMITS: Final = Limits(wall_s=10.0, output_bytes=65536)
_SYSTEM_PREFIXES: Final = ("", "/usr", "/usr/local")
_SYSTEM_FOLDERS: Final = frozenset(
    f"{prefix}{folder}" or "/" for prefix in _SYSTEM_PREFIXES for folder in ("", "/lib", "/bin", "/sbin")
)
_BRACES: Final = re.compile(r"\{(program|launcher|folder|prefix)\}")


@dataclass(frozen=True, slots=True)
class Unusable:
    """A compiler that was found and cannot be used, with the reason and the remedy."""

    id: str
    language: str
    program: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A compiler that may be asked.

    `image` is None where it is a program of the runtime's own; `launcher` is what runs it there, if it is a
    script. `found_after` is how many of the family's programs were found before it.
    """

    family: Family
    language: str
    program: Program
    image: str | None = None
    launcher: Program | None = None
    found_after: int = 0

    @property
    def name(self) -> str:
        """The first of the names that the program goes by."""
        return self.program.names[0]

    @property
    def is_plain(self) -> bool:
        """Whether it is what the language's bare name means."""
        return self.family.languages[self.language].program in self.program.names

    @property
    def launcher_names(self) -> str:
        """The names of what runs it on a host, as a regular expression; empty where it runs by itself."""
        launcher = self.family.languages[self.language].launcher
        return "" if launcher is None else launcher.pattern

    @property
    def lacks_launcher(self) -> bool:
        """Whether it is a script of the host's, and what runs it was not found."""
        return bool(self.launcher_names) and self.program.is_script and self.launcher is None

    @property
    def stamp(self) -> str:
        """What changes when the compiler does, or what launches it."""
        parts = [self.program, *([self.launcher] if self.launcher is not None else [])]
        return " ".join(f"{part.path} {part.stamp}" for part in parts)

    @property
    def call(self) -> tuple[str, ...]:
        """The words that call the compiler."""
        launcher = (self.launcher.path,) if self.launcher is not None else ()
        return (*launcher, self.program.path)

    @property
    def command(self) -> tuple[str, ...]:
        """The words that call the compiler, with what it must be told where it lies."""
        return (*self.call, *fill_in(self._surroundings.argv, self._places))

    @property
    def environment(self) -> tuple[tuple[str, str], ...]:
        """The compiler's whole environment, in the order of names."""
        together = {**self.family.environment, **self._surroundings.environment}
        filled = fill_in(together.values(), self._places)
        return tuple(sorted(zip(together, filled, strict=True)))

    @property
    def roots(self) -> tuple[str, ...]:
        """What of the host it consists of; nothing where it is in an image."""
        return expand_roots(self.family.roots, self._places) if self.image is None else ()

    @property
    def _surroundings(self) -> Surroundings:
        return self.family.on_host if self.image is None else self.family.in_image

    @property
    def _places(self) -> Mapping[str, str]:
        return places_of(self.program.path, self.launcher.path if self.launcher is not None else None)

    def ask_version(self, job_id: str) -> CompileJob:
        """Return the job that asks the compiler for its version."""
        return CompileJob(
            id=job_id,
            argv=(*self.call, *self.family.version_argv),
            image=self.image,
            roots=self.roots,
            limits=self.family.needs.raise_limits(_PROBE_LIMITS),
            environment=self.environment,
            needs_own_path=self.family.needs.own_path,
        )

    def answered(self, answer: str) -> Toolchain | Unusable:
        """Return the toolchain that answered so, or why it cannot be used."""
        family = self.family
        match = family.version_pattern.search(answer)
        if match is None or not is_version(match[1]):
            return self.unusable(f"{self.name} gave no version: {answer!r}", "")
        version = re.search(r"\d+(?:\.\d+)*", match[0])
        dialect = family.dialect_for(read_version(match[1]), answer)
        if dialect is None:
            oldest = ".".join(map(str, min(one.oldest for one in family.dialects)))
            return self.unusable(
                f"{family.title} {match[1]} is too old: its messages cannot be read exactly.",
                f"Install {family.title} {oldest} or newer.",
            )
        return Toolchain(
            id=f"{family.id}-{match[1]}",
            family=family,
            language=self.language,
            version=version[0] if version else match[1],
            program=self.program.path,
            image=self.image,
            roots=self.roots,
            dialect=dialect,
            stamp=f"{self.stamp} {answer}",
            command=self.command,
            environment=self.environment,
        )

    def unusable(self, reason: str, remedy: str) -> Unusable:
        """Return it as one that cannot be used."""
        name = re.sub(r"^.*?(?=-\d|$)", self.family.id, self.name, count=1)
        return Unusable(name, self.language, self.program.path, reason, remedy)


def in_image(family: Family, language: str, image: Image) -> Candidate:
    """Return the compiler in an image: it has the bare name there, and changes when the image does."""
    program = family.languages[language].program
    version = image.name.rpartition(":")[2]
    names = (f"{program}-{version}",)
    return Candidate(family, language, Program(program, names, image.digest), f"{image.name}@{image.digest}")


def on_host(
    family: Family, language: str, programs: Sequence[Program], launchers: Sequence[Program]
) -> list[Candidate]:
    """Return the host's compilers, newest first by their names; what launches them is the first found."""
    launcher = launchers[0] if launchers else None
    found = [
        Candidate(family, language, program, None, launcher if program.is_script else None, place)
        for place, program in enumerate(programs)
    ]
    return sorted(found, key=_version_in_names, reverse=True)


def by_bare_name(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return those that the language's bare name may mean: of each family, what it does mean comes first."""
    plain = [one for one in candidates if one.is_plain]
    families = list(dict.fromkeys(one.family.id for one in plain))
    return sorted(plain, key=lambda one: (families.index(one.family.id), one.found_after))


def _version_in_names(candidate: Candidate) -> list[int]:
    names = candidate.program.names
    return max(([int(digits) for digits in re.findall(r"\d+", name)] for name in names), default=[])


def places_of(program: str, launcher: str | None = None) -> Mapping[str, str]:
    """Return what the words in braces stand for."""
    folder = PurePosixPath(program).parent
    places = {"program": program, "folder": str(folder), "prefix": str(folder.parent)}
    return places if launcher is None else {**places, "launcher": launcher}


def fill_in(words: Iterable[str], places: Mapping[str, str]) -> tuple[str, ...]:
    """Fill in the words in braces. Other braces, also in what is filled in, are only braces."""
    return tuple(_BRACES.sub(lambda match: places.get(match[1], match[0]), word) for word in words)


def expand_roots(roots: Iterable[str], places: Mapping[str, str]) -> tuple[str, ...]:
    """Fill in a family's roots. A folder that is the system's whole library is never taken.

    One that names a place which this compiler does not have, such as a launcher, is left out.
    """
    filled = [re.sub("/{2,}", "/", root) for root in fill_in(roots, places)]
    return tuple(
        dict.fromkeys(root for root in filled if root not in _SYSTEM_FOLDERS and not _BRACES.search(root))
    )
