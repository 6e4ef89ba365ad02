"""Which toolchains there are: compilers found on a runtime, asked for their version inside it, remembered.

A compiler is a program that the runtime has, or on a runtime with images an image of a name that its family
knows. Asking takes a compile's worth of isolation, so only the compiler that is needed is asked, and the
answer is kept on disk for as long as the program or the image does not change. A compiler that does not
answer is listed as unusable with the reason; it is never run outside its runtime.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, cast
from uuid import uuid4

from wic_lsp.toolchains.candidates import Candidate, Unusable, by_bare_name, in_image, on_host
from wic_lsp.toolchains.families import Family, Toolchain, languages
from wic_runtimes.contract import Image, Outcome, Program, Runtime
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeFailure

_CACHE_FILE: Final = "toolchains.json"
_UNUSABLE_KNOWN_S: Final = 30.0
_PROVISIONAL_KNOWN_S: Final = 30.0
_PROGRAMS_KNOWN_S: Final = 5.0
"""How long found programs are taken for granted: looking through PATH takes as long as a small compile."""


class Catalogue:
    """The toolchains of one runtime. Looks nothing up before it is asked."""

    def __init__(
        self,
        runtime: Runtime,
        families: Mapping[str, Family],
        cache_folder: Path | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runtime = runtime
        self._clock = clock
        self._families = families
        self._file = cache_folder / _CACHE_FILE if cache_folder is not None else None
        self._versions: dict[str, str] | None = None
        self._provisional: dict[str, float] = {}
        self._unusable: dict[str, tuple[float, Unusable]] = {}
        self._programs: dict[tuple[str, tuple[str, ...]], tuple[float, Sequence[Program]]] = {}
        self._images: dict[str, tuple[float, Sequence[Image]]] = {}
        self._reading = asyncio.Lock()
        self._locks: dict[str, asyncio.Lock] = {}

    async def choose(self, language: str, wanted: str | None) -> Toolchain:
        """Return the toolchain that the user wants, or the machine's own default.

        Raises JobRejected for a name that nobody knows, ImageUnavailable where there is no compiler, and
        whatever RuntimeFailure keeps the compiler from being asked for its version.
        """
        if wanted is None:
            return await self._default(language)
        candidates = await self._candidates(language)
        # Most names tell the version already (g++-12): ask those first, the rest only if need be.
        number = wanted.rpartition("-")[2]
        candidates.sort(key=lambda one: not any(name.endswith(f"-{number}") for name in one.program.names))
        failure: RuntimeFailure | None = None
        unusable: Unusable | None = None
        for candidate in candidates:
            if wanted.startswith(candidate.family.id):
                try:
                    found = await self._probe(candidate)
                except RuntimeFailure as one:  # it may fail on this one alone, and another be what is wanted
                    failure = failure or one
                    continue
                if isinstance(found, Toolchain) and wanted in {found.id, candidate.family.id}:
                    return found
                if isinstance(found, Unusable) and found.id == wanted:
                    unusable = unusable or found
        if unusable is not None:
            raise ImageUnavailable(unusable.reason, unusable.remedy)
        if failure is not None:
            raise failure
        for image in await self._missing_images(language, wanted):
            raise ImageUnavailable(f"The image {image.name} is not here.", image.remedy, image.name)
        raise self._unknown(wanted, language, await self.list_all(language))

    async def _default(self, language: str) -> Toolchain:
        """Take the compiler that the bare name (`g++`) means, else the newest of the first family."""
        failure: Unusable | None = None
        candidates = await self._candidates(language)
        plain = by_bare_name(candidates)
        for candidate in (*plain, *(one for one in candidates if one not in plain)):
            found = await self._probe(candidate)
            if isinstance(found, Toolchain):
                return found
            failure = failure or found
        if failure is not None:
            raise ImageUnavailable(failure.reason, failure.remedy)
        title = languages()[language].title
        missing = await self._missing_images(language)
        if missing:
            raise ImageUnavailable(
                f"No image with a {title} compiler is here for the runtime '{self._runtime.name}'.",
                missing[0].remedy,
                missing[0].name,
            )
        programs = ", ".join(
            family.languages[language].program
            for family in self._families.values()
            if language in family.languages
        )
        raise ImageUnavailable(
            f"No {title} compiler was found for the runtime '{self._runtime.name}'.",
            f"Install one ({programs}), or choose another runtime.",
        )

    async def list_all(self, language: str | None = None) -> tuple[Toolchain | Unusable, ...]:
        """Return every compiler that was found, for one language or for all, newest first in each family.

        One that the runtime fails on is unusable; where it fails on all, the first failure is raised.
        """
        names = [language] if language is not None else list(languages())
        found: list[Toolchain | Unusable] = []
        failures: list[RuntimeFailure] = []
        for candidate in [one for name in names for one in await self._candidates(name)]:
            try:
                found.append(await self._probe(candidate))
            except RuntimeFailure as failure:
                failures.append(failure)
                found.append(candidate.unusable(failure.reason, failure.remedy))
        if failures and len(failures) == len(found):
            raise failures[0]
        order = list(self._families)
        unique = _without_repetition(found)

        def rank(one: Toolchain | Unusable) -> tuple[int, int, list[int]]:
            family = next((index for index, name in enumerate(order) if one.id.startswith(name)), len(order))
            numbers = [-int(digits) for digits in re.findall(r"\d+", one.id)]
            return (names.index(one.language), family, numbers)

        return tuple(sorted(unique, key=rank))

    async def _candidates(self, language: str) -> list[Candidate]:
        found: list[Candidate] = []
        for family in self._families.values():
            support = family.languages.get(language)
            if support is not None:
                programs = await self._find_programs(support.programs, family.folders)
                launchers: Sequence[Program] = ()
                if programs and support.launcher is not None:
                    launchers = await self._find_programs(support.launcher, family.folders)
                found += on_host(family, language, programs, launchers)
                images = await self._find_images(family)
                found += [in_image(family, language, image) for image in images if image.digest]
        return found

    async def _find_images(self, family: Family) -> Sequence[Image]:
        """Return the family's images, newest first, with those that are not there."""
        found_at, images = self._images.get(family.id, (None, ()))
        if found_at is None or self._clock() - found_at > _PROGRAMS_KNOWN_S:
            known = self._images  # an answer to what was asked before `forget_images` is not kept
            images = await self._runtime.find_images(tuple(family.images()))
            known[family.id] = (self._clock(), images)
        return images

    def forget_images(self) -> None:
        """Ask the runtime for its images afresh: one has come, or gone."""
        self._images = {}
        self._unusable = {}

    async def _missing_images(self, language: str, wanted: str | None = None) -> list[Image]:
        """Return the images of that toolchain, or of any for the language, that are not there."""
        families = [family for family in self._families.values() if language in family.languages]
        return [
            image
            for family in families
            for image in await self._find_images(family)
            if not image.digest and wanted in {None, family.id, family.images().get(image.name)}
        ]

    async def _find_programs(
        self, pattern: re.Pattern[str], folders: tuple[str, ...] = ()
    ) -> Sequence[Program]:
        key = (pattern.pattern, folders)
        found_at, programs = self._programs.get(key, (None, ()))
        if found_at is None or self._clock() - found_at > _PROGRAMS_KNOWN_S:
            programs = await self._runtime.find_programs(pattern, folders)
            self._programs[key] = (self._clock(), programs)
        return programs

    async def _probe(self, candidate: Candidate) -> Toolchain | Unusable:
        """Ask the compiler for its version, once; RuntimeFailure that is not about it is raised."""
        lock = self._locks.setdefault(candidate.program.path, asyncio.Lock())
        async with lock:
            versions = await self._load()
            key = candidate.stamp
            remembered = versions.get(key) if not self._is_outdated(key) else None
            # The file is ours to write and anybody's to damage: what is no version is asked for again.
            is_answer = remembered is not None and candidate.family.version_pattern.search(remembered)
            answer = remembered if remembered is not None and is_answer else await self._ask_anew(candidate)
            if isinstance(answer, Unusable):
                return answer
            found = candidate.answered(answer)
            if isinstance(found, Toolchain) and found.dialect.is_provisional:
                if remembered is None:
                    self._provisional[key] = self._clock()
            else:
                self._provisional.pop(key, None)
            if answer != remembered:
                versions[key] = answer
                lasting = {one: said for one, said in versions.items() if one not in self._provisional}
                await asyncio.to_thread(self._save, lasting)
        return found

    def _is_outdated(self, key: str) -> bool:
        """Whether what was said for the time being was said a while ago. The next server asks in any case."""
        said_at = self._provisional.get(key)
        return said_at is not None and self._clock() - said_at > _PROVISIONAL_KNOWN_S

    async def _ask_anew(self, candidate: Candidate) -> str | Unusable:
        """Ask the compiler, unless it was found unusable a moment ago: every edit may pass it by."""
        known_at, unusable = self._unusable.get(candidate.stamp, (None, None))
        if unusable is not None and known_at is not None and self._clock() - known_at <= _UNUSABLE_KNOWN_S:
            return unusable
        answer = await self._ask(candidate)
        if isinstance(answer, Unusable):
            self._unusable[candidate.stamp] = (self._clock(), answer)
        return answer

    async def _ask(self, candidate: Candidate) -> str | Unusable:
        family = candidate.family
        if candidate.lacks_launcher:
            return candidate.unusable(
                f"{candidate.name} is a script, and what runs it was not found.",
                f"Install what {family.title} needs: {candidate.launcher_names}.",
            )
        try:
            output = await self._runtime.compile(candidate.ask_version(f"version-{uuid4().hex}"))
        except (ImageUnavailable, JobRejected) as failure:
            return candidate.unusable(failure.reason, failure.remedy)
        text = (output.stdout.strip() or output.stderr.strip()).decode(errors="replace")
        has_failed = output.outcome is not Outcome.FINISHED or output.exit_code != 0
        if has_failed or not family.version_pattern.search(text):
            said = output.stderr.decode(errors="replace").strip() or text or output.outcome.value
            return candidate.unusable(
                f"{candidate.name} told no version in the {self._runtime.name}: {said.splitlines()[0]}",
                "A wrapper script cannot run there; name the real compiler, or choose another runtime.",
            )
        return text

    async def _load(self) -> dict[str, str]:
        async with self._reading:  # read twice, the second would forget what was learnt since the first
            if self._versions is None:
                read = await asyncio.to_thread(_read_versions, self._file) if self._file is not None else {}
                self._versions = read
            return self._versions

    def _save(self, versions: Mapping[str, str]) -> None:
        """Replace the file whole, so that no other server reads half of it. Losing it loses nothing."""
        if self._file is None:
            return
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=self._file.parent, delete=False, encoding="utf-8"
            ) as file:
                json.dump(versions, file)
            try:
                Path(file.name).replace(self._file)
            except OSError:
                Path(file.name).unlink()

    def _unknown(self, wanted: str, language: str, listed: Sequence[Toolchain | Unusable]) -> JobRejected:
        names = [one.id for one in listed if isinstance(one, Toolchain)]
        near = difflib.get_close_matches(wanted, names, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        title = languages()[language].title
        return JobRejected(
            f"There is no {title} toolchain '{wanted}' in the runtime '{self._runtime.name}'.",
            f"{hint}Usable: {', '.join(names) or 'none'}.",
        )


def _without_repetition(found: Sequence[Toolchain | Unusable]) -> list[Toolchain | Unusable]:
    """Return of each toolchain the first that can be used, or the first where none can."""
    usable_first = sorted(found, key=lambda one: isinstance(one, Unusable))
    unique: dict[tuple[str, str], Toolchain | Unusable] = {}
    for one in usable_first:
        unique.setdefault((one.id, one.language), one)
    return list(unique.values())


def _read_versions(file: Path) -> dict[str, str]:
    """Read what was remembered; a missing or damaged file is an empty one."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    entries = cast("dict[object, object]", content).items()
    return {key: value for key, value in entries if isinstance(key, str) and isinstance(value, str)}
