"""Which namespaces are refused: those whose NetworkPolicies leave, or may leave, a way to a compile pod."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_runtimes.kubernetes.spec import find_exposure

OURS = ("app.kubernetes.io/name", "wic-compile")
DENY_ALL = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def policies(*specs):
    return [{"metadata": {"name": f"p{number}"}, "spec": spec} for number, spec in enumerate(specs)]


def selected_by(*expressions, **labels):
    return {"matchLabels": labels, "matchExpressions": list(expressions)}


def expression(operator, *values, key=OURS[0]):
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})


OUR_LABEL = {"matchLabels": dict([OURS])}
OTHERS_LABEL = {"matchLabels": {OURS[0]: "web"}}
STRANGE_LABEL = {"matchLabels": {"team": "blue"}}


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ([], "no NetworkPolicy denies its compile pods ingress and egress"),
        ([DENY_ALL], ""),
        ([{"podSelector": {}, "policyTypes": ["Ingress"]}], "denies its compile pods egress"),
        ([{"podSelector": {}, "policyTypes": ["Egress"]}], "denies its compile pods ingress"),
        ([{"podSelector": {}}], "denies its compile pods egress"),
        ([{}], "denies its compile pods egress"),
        ([{"podSelector": {}, "policyTypes": ["Ingress"]}, {"policyTypes": ["Egress"]}], ""),
        ([DENY_ALL | {"podSelector": OUR_LABEL}], ""),
        ([DENY_ALL | {"podSelector": OTHERS_LABEL}], "ingress and egress"),
        ([DENY_ALL | {"podSelector": STRANGE_LABEL}], "ingress and egress"),
        ([DENY_ALL, DENY_ALL | {"ingress": [{}]}], "its NetworkPolicy p1 allows ingress"),
        ([DENY_ALL, {"podSelector": {}, "egress": [{}]}], "its NetworkPolicy p1 allows egress"),
        ([DENY_ALL, {"podSelector": OTHERS_LABEL, "egress": [{}]}], ""),
        ([DENY_ALL, {"podSelector": STRANGE_LABEL, "egress": [{}]}], "p1 allows egress"),
        ([DENY_ALL | {"ingress": [], "egress": None}], ""),
        ([DENY_ALL | {"egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}]}], "p0 allows egress"),
    ],
)
def test_a_namespace_that_does_not_cut_off_is_refused(specs, said):
    """One policy closes both ways, or several do together, and none opens one."""
    found = find_exposure(policies(*specs))
    assert said in found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("selector", "selects"),
    [
        (selected_by(expression("In", "web", "wic-compile")), True),
        (selected_by(expression("In", "web")), False),
        (selected_by(expression("NotIn", "web")), True),
        (selected_by(expression("NotIn", "wic-compile")), False),
        (selected_by(expression("Exists")), True),
        (selected_by(expression("DoesNotExist")), False),
        (selected_by(expression("Exists"), team="blue"), None),
        (selected_by(expression("DoesNotExist"), team="blue"), False),
        (selected_by(expression("Exists", key="team")), None),
        (selected_by(expression("DoesNotExist", key="team")), None),
        (selected_by(expression("In", "blue", key="team")), None),
        (selected_by(expression("NotIn", "blue", key="team")), None),
    ],
)
def test_what_a_selector_takes_is_known_or_feared(selector, selects):
    """A policy that may not select our pods does not close them, and one that may does open them."""
    closing = find_exposure(policies(DENY_ALL | {"podSelector": selector}))
    opening = find_exposure(policies(DENY_ALL, {"podSelector": selector, "ingress": [{}]}))
    assert (not closing) == (selects is True)
    assert bool(opening) == (selects is not False)


keys = st.sampled_from([OURS[0], "team"])
values = st.sampled_from([OURS[1], "web", "blue"])
expressions = st.one_of(
    st.builds(
        lambda op, key, some: expression(op, *some, key=key),
        st.sampled_from(["In", "NotIn"]),
        keys,
        st.lists(values, min_size=1, max_size=2),
    ),
    st.builds(lambda op, key: expression(op, key=key), st.sampled_from(["Exists", "DoesNotExist"]), keys),
)
selectors = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(keys, values, max_size=2),
        "matchExpressions": st.lists(expressions, max_size=2),
    },
)
rules = st.lists(st.sampled_from([{}, {"ports": [{"port": 53}]}]), max_size=1)
ways = st.lists(st.sampled_from(["Ingress", "Egress"]), unique=True)
specs = st.fixed_dictionaries(
    {"podSelector": selectors}, optional={"policyTypes": ways, "ingress": rules, "egress": rules}
)


def affects(spec):
    """Return the ways that a policy is about. Source: the API reference, NetworkPolicySpec.policyTypes."""
    return set(spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])])


def takes(selector, labels):
    """Whether a selector takes a pod with these labels. Source: the API reference, LabelSelector."""
    operators = {
        "In": lambda key, values: key in labels and labels[key] in values,
        "NotIn": lambda key, values: key not in labels or labels[key] not in values,
        "Exists": lambda key, _: key in labels,
        "DoesNotExist": lambda key, _: key not in labels,
    }
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        operators[one["operator"]](one["key"], one.get("values"))
        for one in selector.get("matchExpressions", [])
    )


def is_reached(specs, labels, way):
    """Whether anything reaches a pod by that way: no policy is about it, or one allows something."""
    about = [spec for spec in specs if takes(spec["podSelector"], labels) and way in affects(spec)]
    return not about or any(spec.get(way.lower()) for spec in about)


@given(specs=st.lists(specs, max_size=4), team=st.sampled_from([None, "blue", "web"]))
def test_no_way_to_a_compile_pod_is_overlooked(specs, team):
    """Whatever the policies and whatever others label our pods with: one that is reached is refused."""
    labels = dict([OURS]) | ({"team": team} if team else {})
    if any(is_reached(specs, labels, way) for way in ("Ingress", "Egress")):
        assert find_exposure(policies(*specs))


@given(specs=st.lists(specs, max_size=4))
def test_what_does_not_concern_compile_pods_does_not_disturb(specs):
    """Beside one that denies all, policies for other pods may allow what they like."""
    others = [spec for spec in specs if OURS[0] in spec["podSelector"].get("matchLabels", {})]
    others = [spec for spec in others if spec["podSelector"]["matchLabels"][OURS[0]] != OURS[1]]
    assert find_exposure(policies(DENY_ALL, *others)) == ""
