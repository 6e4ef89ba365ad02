"""The commands `wic` and `wic-lsp`: the composition root, where the parts are put together.

Each subcommand imports what it needs when it runs: `wic check` never pays for pygls, `wic serve` never for
the report formats. Nothing else in the project makes a runtime, reads the user's file or talks to a terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import sys
from collections.abc import Sequence
from typing import Final

from wic_lsp import __version__
from wic_lsp.commands.output import OutputLost, give_up

OK: Final = 0
FOUND_ERRORS: Final = 1
NOT_CHECKED: Final = 2
INTERRUPTED: Final = 130

_EPILOG: Final = (
    "Exit codes of check: 0 all compiled without an error, 1 some error, 2 something was not checked."
)

_IMAGES_EPILOG: Final = "Exit codes: 0 all have come, 1 some have not, 2 a name that no toolchain has."
_CLASS: Final = "the OCI runtime of an engine's containers, as runsc for gVisor"


def make_parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    parser = argparse.ArgumentParser(
        prog="wic", description="Will it compile? Compiles what you edit, in isolation.", epilog=_EPILOG
    )
    parser.add_argument("--version", action="version", version=f"wic {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run the language server")
    serve.add_argument("--stdio", action="store_true", help="speak LSP over stdin and stdout (the default)")
    serve.add_argument("--runtime", metavar="NAME", help="where to compile; overrides every other setting")
    serve.add_argument("--runtime-class", metavar="NAME", help=f"{_CLASS}; overrides every other setting")
    serve.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])

    check = commands.add_parser(
        "check", help="compile files and print what the compiler says", epilog=_EPILOG
    )
    check.add_argument("paths", nargs="+", metavar="PATH")
    check.add_argument("--runtime", metavar="NAME", help="where to compile (default: auto)")
    check.add_argument("--runtime-class", metavar="NAME", help=f"{_CLASS} (default: the engine's own)")
    check.add_argument(
        "--toolchain", action="append", metavar="NAME", help="a compiler, as gcc-12; may be repeated"
    )
    check.add_argument("--std", metavar="NAME", help="the language standard, as c++20")
    check.add_argument(
        "--flag", action="append", metavar="FLAG", help="a compiler flag, as --flag=-Wall; may be repeated"
    )
    check.add_argument("--format", choices=["text", "json", "sarif", "github"], default="text")

    for name, text in (
        ("doctor", "say what works here, what does not, and why"),
        ("toolchains", "list compilers"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--format", choices=["text", "json"], default="text")
    _add_images(commands.add_parser("images", help="list, pull or build the images of compilers"))
    commands.add_parser("gc", help="remove what servers that died left behind")
    return parser


def _add_images(images: argparse.ArgumentParser) -> None:
    actions = images.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="say which are here, and how to get the others")
    listing.add_argument("--format", choices=["text", "json"], default="text")
    for name, text in (
        ("pull", "fetch images from their registry"),
        ("build", "build images from the recipes that come with wic"),
    ):
        action = actions.add_parser(name, help=text, epilog=_IMAGES_EPILOG)
        action.add_argument("names", nargs="+", metavar="NAME", help="a toolchain, as gcc-12, or its image")
        if name == "build":
            action.add_argument(
                "--network", metavar="NAME", default="", help="the engine's network for the build, as host"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `wic`; returns the exit code."""
    options = make_parser().parse_args(arguments)
    try:
        return _run(options)
    except OutputLost as lost:
        return give_up(lost)
    except KeyboardInterrupt:
        return INTERRUPTED


def main_serve() -> int:
    """Run `wic-lsp`, which is `wic serve` by another name."""
    return main(["serve", *sys.argv[1:]])


def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "serve":
            return _serve(options)
        case "check":
            from wic_lsp.commands.check import CheckRequest, check  # noqa: PLC0415

            request = CheckRequest(
                tuple(options.paths),
                options.runtime,
                options.runtime_class,
                tuple(options.toolchain or ()),
                options.std,
                tuple(options.flag or ()),
                options.format,
            )
            return asyncio.run(check(request))
        case "doctor":
            from wic_lsp.commands.doctor import doctor  # noqa: PLC0415

            return asyncio.run(doctor(options.format))
        case "toolchains":
            from wic_lsp.commands.doctor import toolchains  # noqa: PLC0415

            return asyncio.run(toolchains(options.format))
        case "images":
            return _run_images(options)
        case _:
            from wic_lsp.commands.doctor import collect_garbage  # noqa: PLC0415

            return asyncio.run(collect_garbage())


def _run_images(options: argparse.Namespace) -> int:
    from wic_lsp.commands.images import build, list_images, pull  # noqa: PLC0415

    match options.action:
        case "list":
            return asyncio.run(list_images(options.format))
        case "pull":
            return asyncio.run(pull(options.names))
        case _:
            return asyncio.run(build(options.names, options.network))


def _serve(options: argparse.Namespace) -> int:
    logging.basicConfig(
        level=options.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # Loading lsprotocol makes very many objects that all stay; collecting among them only costs time.
    gc.disable()
    from wic_lsp.lsp.stdio import serve_stdio  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    return serve_stdio({"runtime": options.runtime, "runtimeClass": options.runtime_class})
