"""The commands `wic` and `wic-lsp`: the composition root, where the parts are put together.

Each subcommand imports what it needs when it runs: `wic check` never pays for pygls, `wic serve` never for
the report formats. Nothing else in the project makes a runtime, reads the user's file or talks to a terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
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

_CONNECT_EPILOG: Final = (
    "Exit codes: those of a server of one's own; 1 where the connection is lost, 2 where none can be had."
)
_LEVELS: Final = ("debug", "info", "warning", "error")
_LONGEST_S: Final = 3600
_SHARED: Final = (
    "health",
    "token_file",
    "allow_origin",
    "tls_cert",
    "tls_key",
    "max_connections",
    "max_documents",
    "max_compiles",
    "max_compiles_each",
    "grace",
    "heartbeat",
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
    serve.add_argument("--log-level", choices=_LEVELS, help="default: warning; info where it is shared")
    _add_shared(serve.add_argument_group("a server that many clients share (docs/serving.md)"))

    connect = commands.add_parser(
        "connect", help="let an editor use a shared server as if it were its own", epilog=_CONNECT_EPILOG
    )
    connect.add_argument("url", metavar="URL", help="the server, as wss://wic.example.org")
    connect.add_argument("--token-file", metavar="FILE", type=Path, help="its token; default: $WIC_TOKEN")
    connect.add_argument(
        "--ca-file", metavar="FILE", type=Path, help="the authorities to trust instead, in PEM"
    )
    connect.add_argument(
        "--insecure", action="store_true", help="send the token without TLS to another machine as well"
    )

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
    check.add_argument(
        "--no-cache", action="store_true", help="compile, whatever is remembered; keep nothing"
    )

    for name, text in (
        ("doctor", "say what works here, what does not, and why"),
        ("toolchains", "list compilers"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--format", choices=["text", "json"], default="text")
    _add_images(commands.add_parser("images", help="list, pull or build the images of compilers"))
    commands.add_parser("gc", help="remove what servers that died left behind")
    return parser


def _add_shared(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--ws", metavar="HOST:PORT", help="speak LSP over WebSockets here")
    group.add_argument(
        "--playground", metavar="HOST:PORT", help="serve a page to try it in a browser (docs/playground.md)"
    )
    group.add_argument(
        "--health",
        metavar="HOST:PORT",
        help="answer /healthz, /readyz and /metrics here (default: with --ws 127.0.0.1:9464)",
    )
    group.add_argument("--token-file", metavar="FILE", type=Path, help="the tokens; default: $WIC_TOKEN")
    group.add_argument(
        "--allow-origin",
        action="append",
        metavar="ORIGIN",
        help="serve pages of that origin; may be repeated",
    )
    group.add_argument("--tls-cert", metavar="FILE", type=Path, help="our certificate, in PEM")
    group.add_argument("--tls-key", metavar="FILE", type=Path, help="its key, in PEM")
    for name, what in (
        ("connections", "most clients at once (default: 100)"),
        ("documents", "most open documents of one client (default: 200)"),
        ("compiles", "most compiles at once (default: two for each CPU, at least 4)"),
        ("compiles-each", "most compiles of one client at once (default: 4)"),
    ):
        group.add_argument(f"--max-{name}", metavar="N", type=_read_count, help=what)
    for name, what in (
        ("grace", "how long compiles may take to end when the server is stopped (default: 25)"),
        ("heartbeat", "how often clients are asked whether they live (default: 30)"),
    ):
        group.add_argument(f"--{name}", metavar="SECONDS", type=_read_seconds, help=what)


def _read_count(word: str) -> int:
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not '{word}'")
    return int(word)


def _read_seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {_LONGEST_S}, not '{word}'")
    return seconds


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
        case "connect":
            return _connect(options)
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
                remembers=not options.no_cache,
            )
            return asyncio.run(check(request))
        case "images":
            return _run_images(options)
        case _:
            return _examine(options)


def _examine(options: argparse.Namespace) -> int:
    from wic_lsp.commands.doctor import collect_garbage, doctor, toolchains  # noqa: PLC0415

    match options.command:
        case "doctor":
            return asyncio.run(doctor(options.format))
        case "toolchains":
            return asyncio.run(toolchains(options.format))
        case _:
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


def _connect(options: argparse.Namespace) -> int:
    gc.disable()  # see _serve
    from wic_lsp.commands.connect import connect  # noqa: PLC0415

    return connect(options.url, options.token_file, options.ca_file, is_insecure=options.insecure)


def _serve(options: argparse.Namespace) -> int:
    if options.ws is not None or options.playground is not None:
        from wic_lsp.commands.serve import serve_shared  # noqa: PLC0415

        return serve_shared(options)
    shared = [name for name in _SHARED if getattr(options, name) is not None]
    if shared:
        print(
            f"wic: --{shared[0].replace('_', '-')} is for a shared server. Add --ws HOST:PORT or "
            "--playground HOST:PORT.",
            file=sys.stderr,
        )
        return NOT_CHECKED
    from wic_lsp.commands.stderr_log import log_to_stderr  # noqa: PLC0415

    log_to_stderr(options.log_level or "warning")
    # Loading lsprotocol makes very many objects that all stay; collecting among them only costs time.
    gc.disable()
    from wic_lsp.lsp.stdio import serve_stdio  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    return serve_stdio({"runtime": options.runtime, "runtimeClass": options.runtime_class})
