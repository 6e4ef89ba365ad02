"""Options in, settings and problems out: layers, what a workspace may not do, and every wrong value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp import config
from wic_lsp.config import Origin, Settings, When, option_names, resolve
from wic_lsp.toolchains.families import languages
from wic_runtimes.contract import Limits

USER, WORKSPACE = Origin.USER, Origin.WORKSPACE

GOOD = {
    "runtime": ("docker", "runtime", "docker"),
    "runtimeClass": ("runsc", "runtime_class", "runsc"),
    "kubernetes": (
        {
            "namespace": "compiles",
            "context": "kind-kind",
            "images": ["gcc:12"],
            "cpu": 2,
            "nodeSelector": {"pool": "compile"},
            "tolerations": [{"key": "pool", "operator": "Exists"}],
            "priorityClass": "low",
        },
        "kubernetes",
        {
            "namespace": "compiles",
            "context": "kind-kind",
            "images": ("gcc:12",),
            "cpu": "2",
            "nodeSelector": {"pool": "compile"},
            "tolerations": ({"key": "pool", "operator": "Exists"},),
            "priorityClass": "low",
        },
    ),
    "toolchains": ({"c": ["gcc-12", "clang-19"]}, "toolchains", {"c": ("gcc-12", "clang-19")}),
    "standards": ({"cpp": "c++20"}, "standards", {"cpp": ("c++20",)}),
    "flags": ({"c": ["-Wall"]}, "flags", {"c": ("-Wall",)}),
    "when": ("otherToolchains", "when", When.OTHER_TOOLCHAINS),
    "timeoutSeconds": (2.5, "timeout_s", 2.5),
    "memoryMegabytes": (256, "memory_mb", 256),
    "debounceMilliseconds": (100, "debounce_ms", 100),
    "cache": ({"megabytes": 64}, "cache", {"megabytes": 64}),
}

NOT_A_NAME = "must be a name in quotes; in force is auto."
NOT_A_CLASS = "must be a name in quotes, or empty for the engine's own; in force is none."
NOT_A_CLUSTER = (
    "must be a table of namespace, context, images, cpu, nodeSelector, tolerations, priorityClass; "
    "in force is none."
)
KNOWN = ", ".join(languages())
NOT_A_TABLE = f"must be a table from languages ({KNOWN}) to values; in force is none."
NOT_WORDS = "for c must be a name or a list of names; in force is none."
NOT_WHEN = "must be 'always', 'save', 'command' or 'otherToolchains'; in force is always."
NOT_SECONDS = "must be a number of seconds from 0.1 to 600; in force is 10.0."
NOT_MEGABYTES = "must be a number of megabytes from 64 to 1.04858e+06; in force is 1024."
NOT_A_CACHE = "must be false, or a table of megabytes; in force is megabytes: 256."
NOT_A_CACHES_SIZE = (
    "has an entry 'megabytes' that must be a number of megabytes from 1 to 1.04858e+06; "
    "in force is megabytes: 256."
)
NOT_MILLISECONDS = "must be a number of milliseconds from 0 to 10000, or 'auto'; in force is auto."

BAD = [
    *(("runtime", value, NOT_A_NAME) for value in ("", 3, True, [], {})),
    *(("runtimeClass", value, NOT_A_CLASS) for value in (3, True, [], {})),
    *(("kubernetes", value, NOT_A_CLUSTER) for value in ("x", 1, True, [])),
    *(
        (name, value, NOT_A_TABLE)
        for name in ("toolchains", "standards", "flags")
        for value in ("gcc", 1, True, [])
    ),
    *(
        (name, {"c": value}, NOT_WORDS)
        for name in ("toolchains", "standards", "flags")
        for value in ("", 1, True, {}, [""], ["a", 1], None)
    ),
    (
        "toolchains",
        {"cobol": "cobc"},
        f"names the language 'cobol', which is none of {KNOWN}; in force is none.",
    ),
    ("flags", {3: "x"}, f"names the language 3, which is none of {KNOWN}; in force is none."),
    *(("when", value, NOT_WHEN) for value in ("", "Save", "never", True, 1, [], {})),
    *(
        ("timeoutSeconds", value, NOT_SECONDS)
        for value in ("5", True, 0, 0.09, -1, 601, math.nan, math.inf, [], {}, 10**400)
    ),
    *(("memoryMegabytes", value, NOT_MEGABYTES) for value in ("1", True, 0, 63, 2**20 + 1, math.nan, [])),
    *(
        ("debounceMilliseconds", value, NOT_MILLISECONDS)
        for value in ("soon", "", True, -1, 10_001, [], math.nan)
    ),
    *(("cache", value, NOT_A_CACHE) for value in (True, 0, 64, "off", [], {}, {"bytes": 1})),
    *(
        ("cache", {"megabytes": value}, NOT_A_CACHES_SIZE)
        for value in (0, -1, "64", True, math.nan, [], 2**21)
    ),
]


def test_every_option_has_an_example_here():
    """A new option cannot be added without being tried."""
    assert set(GOOD) == set(option_names()) == {name for name, _, _ in BAD}


def test_how_much_is_kept_on_disk_is_a_number_of_bytes_or_nothing():
    """False is the one way to nothing."""
    said = [{}, {"cache": {"megabytes": 2}}, {"cache": False}]
    assert [resolve([(USER, one)])[0].cache_bytes >> 20 for one in said] == [256, 2, 0]


def test_nothing_set_means_the_defaults():
    """No layer, an empty one and one that is null are all the defaults, without a problem."""
    assert resolve([]) == resolve([(USER, {}), (USER, None)]) == (Settings(), ())


@pytest.mark.parametrize("name", GOOD)
def test_an_option_is_taken(name):
    """Each option sets its own field and no other."""
    value, field, expected = GOOD[name]
    settings, problems = resolve([(USER, {name: value})])
    assert problems == ()
    assert getattr(settings, field) == expected
    others = set(Settings.__dataclass_fields__) - {field}
    assert all(getattr(settings, other) == getattr(Settings(), other) for other in others)


@pytest.mark.parametrize("name", GOOD)
def test_null_is_not_set(name):
    """An editor that sends null for what its user left alone does not undo what a lower layer says."""
    value, field, expected = GOOD[name]
    settings, problems = resolve([(USER, {name: value}), (USER, {name: None}), (WORKSPACE, {name: None})])
    assert problems == ()
    assert getattr(settings, field) == expected


@pytest.mark.parametrize(("name", "value", "message"), BAD)
def test_a_wrong_value_is_named_with_what_is_in_force(name, value, message):
    """The problem names the setting, says what it must be, and shows the value that stays."""
    settings, (problem,) = resolve([(USER, {name: value})])
    assert settings == Settings()
    assert problem.option == f"wic.{name}"
    assert problem.message == f"wic.{name} {message}"


@pytest.mark.parametrize("name", GOOD)
def test_a_wrong_value_leaves_the_lower_layer_in_force(name):
    """What is in force is what the layer below said, not the default."""
    value, field, expected = GOOD[name]
    settings, (problem,) = resolve([(USER, {name: value}), (WORKSPACE, {name: object()})])
    assert getattr(settings, field) == expected
    shown = next(iter(value)) if isinstance(value, dict) else f"{value}"
    assert f"in force is {shown}" in problem.message


def test_one_wrong_value_spoils_no_other():
    """The rest of the same layer is taken."""
    settings, problems = resolve([(USER, {"timeoutSeconds": "x", "memoryMegabytes": 512, "flags": 3})])
    assert settings.memory_mb == 512
    assert [problem.option for problem in problems] == ["wic.timeoutSeconds", "wic.flags"]


@pytest.mark.parametrize("layer", ["text", 3, [], True])
def test_a_layer_that_is_no_table_is_passed_over(layer):
    """The problem shows what was sent; the other layers count."""
    settings, (problem,) = resolve([(USER, {"memoryMegabytes": 512}), (WORKSPACE, layer)])
    assert settings.memory_mb == 512
    assert problem.message == f"wic must be a table of settings, not {layer!r}; it is passed over."


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("timeoutSecond", "; did you mean wic.timeoutSeconds?"),
        ("toolchain", "; did you mean wic.toolchains?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_an_unknown_option_suggests_the_nearest(name, hint):
    """A typing error is named, with what was probably meant."""
    settings, (problem,) = resolve([(USER, {name: 1})])
    assert settings == Settings()
    assert problem.message == f"wic.{name} is no setting{hint}."


def test_a_workspace_may_not_choose_the_runtime():
    """Where code is compiled is the user's alone to say; the message says where."""
    settings, (problem,) = resolve([(USER, {"runtime": "docker"}), (WORKSPACE, {"runtime": "none"})])
    assert settings.runtime == "docker"
    assert "cannot be set by a workspace" in problem.message
    assert problem.message.endswith("in force is docker.")


def test_a_workspace_may_not_choose_what_runs_the_containers():
    """Nor may it undo the user's choice."""
    for value in ("runc", ""):
        layers = [(USER, {"runtimeClass": "runsc"}), (WORKSPACE, {"runtimeClass": value})]
        settings, (problem,) = resolve(layers)
        assert settings.runtime_class == "runsc"
        assert "cannot be set by a workspace" in problem.message
        assert problem.message.endswith("in force is runsc.")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"nodes": {}}, "has no entry 'nodes', only namespace"),
        ({"namespace": 1}, "has an entry 'namespace' that must be a text"),
        ({"images": [1]}, "has an entry 'images' that must be a name or a list of names"),
        ({"cpu": "lots"}, "has an entry 'cpu' that must be a number of processors"),
        ({"cpu": True}, "has an entry 'cpu' that must be a number of processors"),
        ({"nodeSelector": ["a"]}, "has an entry 'nodeSelector' that must be a table of labels"),
        ({"nodeSelector": {"a": 1}}, "has an entry 'nodeSelector' that must hold texts alone"),
        ({"tolerations": {"key": "a"}}, "has an entry 'tolerations' that must be a list of tolerations"),
        ({"tolerations": [{"key": []}]}, "has an entry 'tolerations' that must hold texts and numbers"),
    ],
)
def test_what_is_wrong_with_a_cluster_is_said_by_its_name(said, problem):
    """The whole table is passed over, so that nothing goes where it was not meant to."""
    settings, (told,) = resolve([(USER, {"kubernetes": said})])
    assert problem in told.message
    assert settings.kubernetes == {}


def test_a_workspace_cannot_choose_a_cluster():
    """Where code is sent is the user's own to say."""
    settings, (problem,) = resolve([(WORKSPACE, {"kubernetes": {"context": "elsewhere"}})])
    assert "cannot be set by a workspace" in problem.message
    assert settings.kubernetes == {}


def test_the_engines_own_way_of_running_containers_can_be_chosen_again():
    """An empty name undoes a lower layer's."""
    settings, problems = resolve([(USER, {"runtimeClass": "runsc"}), (USER, {"runtimeClass": ""})])
    assert (settings.runtime_class, problems) == ("", ())


@pytest.mark.parametrize(
    ("name", "field", "own", "lower", "higher"),
    [("timeoutSeconds", "timeout_s", 5, 2, 6), ("memoryMegabytes", "memory_mb", 512, 256, 513)],
)
def test_a_workspace_may_lower_a_limit_and_not_raise_it(name, field, own, lower, higher):
    """A workspace that asks for more gets the user's own limit and a problem."""
    lowered, none = resolve([(USER, {name: own}), (WORKSPACE, {name: lower})])
    assert (getattr(lowered, field), none) == (lower, ())
    kept, (problem,) = resolve([(USER, {name: own}), (WORKSPACE, {name: higher})])
    assert getattr(kept, field) == own
    assert f"cannot be raised by a workspace above your own {own}" in problem.message


def test_a_workspace_may_choose_toolchains_standards_and_flags():
    """What the project is written for is the project's to say."""
    layer = {"toolchains": {"c": "clang"}, "standards": {"c": "c11"}, "flags": {"c": ["-Wall"]}}
    settings, problems = resolve([(USER, {"toolchains": {"c": "gcc"}}), (WORKSPACE, layer)])
    assert problems == ()
    assert settings.toolchains_for("c") == ("clang",)
    assert settings.standard_for("c") == "c11"
    assert settings.flags["c"] == ("-Wall",)


def test_what_is_not_chosen_is_the_machines_default():
    """None stands for the machine's own compiler and the compiler's own standard."""
    assert Settings().toolchains_for("cpp") == (None,)
    assert Settings().standard_for("cpp") is None


def test_the_delay_can_be_made_to_adapt_again():
    """'auto' undoes a number of a lower layer."""
    settings, problems = resolve(
        [(USER, {"debounceMilliseconds": 5}), (USER, {"debounceMilliseconds": "auto"})]
    )
    assert (settings.debounce_ms, problems) == (None, ())


def test_limits_of_a_job_are_the_users():
    """Seconds and megabytes become the contract's limits; the rest are the contract's own."""
    settings, _ = resolve([(USER, {"timeoutSeconds": 2.5, "memoryMegabytes": 256})])
    assert settings.limits() == Limits(wall_s=2.5, cpu_s=12, memory_bytes=256 * 1024 * 1024)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_LAYER = st.dictionaries(st.sampled_from([*option_names(), "nothing"]), _JSON, max_size=4) | _JSON


@given(st.lists(st.tuples(st.sampled_from(Origin), _LAYER), max_size=4))
def test_no_layers_raise_or_let_a_workspace_out(layers):
    """Whatever is sent, settings come out, in which the runtime and the limits are never a workspace's."""
    settings, problems = resolve(layers)
    own, _ = resolve([(origin, layer) for origin, layer in layers if origin is USER])
    assert (settings.runtime, settings.runtime_class) == (own.runtime, own.runtime_class)
    highest = [resolve([(USER, layer)])[0] for origin, layer in layers if origin is USER] or [Settings()]
    assert settings.timeout_s <= max(10.0, *(one.timeout_s for one in (*highest, own)))
    assert settings.memory_mb <= max(1024, *(one.memory_mb for one in (*highest, own)))
    assert all(problem.message.startswith("wic") and problem.message.endswith(".") for problem in problems)


def test_a_remote_client_has_no_more_to_say_than_a_workspace():
    """What is the user's is, on a shared server, that of whoever runs it, and the sentence says so."""
    base = Settings(runtime="sandbox", timeout_s=5.0, memory_mb=500)
    layer = {"runtime": "docker", "runtimeClass": "x", "timeoutSeconds": 6, "memoryMegabytes": 501}
    settings, problems = resolve([(Origin.REMOTE, layer)], base)
    assert settings == base
    nobody = "cannot be set by you on a shared server, only by whoever runs it"
    assert [one.message for one in problems] == [
        f"wic.runtime {nobody}.",
        f"wic.runtimeClass {nobody}.",
        "wic.timeoutSeconds cannot be raised by you above this shared server's 5; in force is 5.0.",
        "wic.memoryMegabytes cannot be raised by you above this shared server's 500; in force is 500.",
    ]


def test_every_option_that_is_the_users_alone_is_refused_to_a_remote_client():
    """An option that is added later is not forgotten. White box: it looks at the table of options."""
    alone = [name for name, option in config._OPTIONS.items() if option.user_only]
    assert {"runtime", "runtimeClass"} <= set(alone)
    for name in alone:
        settings, (problem,) = resolve([(Origin.REMOTE, {name: "x"})])
        assert settings == Settings()
        assert "only by whoever runs it" in problem.message


def test_a_remote_client_may_choose_what_a_workspace_may():
    """Toolchains, standards, flags, lower limits, the debounce."""
    layer = {"toolchains": {"c": "gcc-12"}, "timeoutSeconds": 2, "debounceMilliseconds": 9}
    settings, problems = resolve([(Origin.REMOTE, layer)], Settings(runtime="sandbox"))
    assert problems == ()
    assert (settings.runtime, settings.timeout_s, settings.debounce_ms) == ("sandbox", 2.0, 9)
    assert settings.toolchains == {"c": ("gcc-12",)}


def test_no_more_is_looked_at_than_anyone_means():
    """A hundred settings, and 256 names in one of them: the rest is told, and costs nothing."""
    _, problems = resolve([(Origin.REMOTE, {f"x{number}": 1 for number in range(10_000)})])
    assert len(problems) == 101
    assert "only the first 100" in problems[0].message
    _, (problem,) = resolve([(Origin.REMOTE, {"flags": {"c": ["-Wall"] * 257}})])
    assert "at most 256" in problem.message
