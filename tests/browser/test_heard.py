"""What a screen reader is told of a figure, and what axe finds in every view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.browser.conftest import Browser
from tests.browser.panels import Step, choose, sentence_of
from tests.published.conftest import look_at

Node = dict[str, Any]


def below(nodes: list[Node], top: Node) -> Iterator[Node]:
    """What is inside a node of the accessibility tree, in order."""
    for node in nodes:
        if node.get("parent") == top["id"]:
            yield node
            yield from below(nodes, node)


def only(nodes: list[Node], role: str, name: str) -> Node:
    [found] = [node for node in nodes if (node["role"], node.get("name")) == (role, name)]
    return found


def text_of(nodes: list[Node], top: Node) -> str:
    """What is read of a node: its texts and the numbers of its lists."""
    heard = [node for node in below(nodes, top) if node["role"] in {"StaticText", "ListMarker"}]
    return " ".join(" ".join(node["name"] or "" for node in heard).split())


def test_a_figure_its_groups_radios_picture_and_table_are_named(chromium: Browser) -> None:
    steps: list[Step] = [["open", "/posts/heads/"], ["click", "#bat summary"], ["tree"]]
    nodes = chromium(*steps)[2]
    name = "Attention heatmap: [CLS] the bat flew at night [SEP]"
    figure = next(node for node in nodes if node["role"] == "figure")
    assert figure["name"] == name
    inside = list(below(nodes, figure))
    for group, count, checked in (("Layer", 6, "1"), ("Head", 12, "4")):
        radios = list(below(nodes, only(inside, "group", group)))
        buttons = [node for node in radios if node["role"] == "radio"]
        assert [each["name"] for each in buttons] == [str(i + 1) for i in range(count)]
        assert [each["name"] for each in buttons if each["checked"] == "true"] == [checked]
    images = [node["name"] for node in inside if node["role"] == "image"]
    assert images == [name, "All 72 in small"]
    [table] = [node for node in inside if node["role"] == "table"]
    assert table["name"].startswith("Percent of attention, from row to column")
    assert "layer 1, head 4" in table["name"].lower()
    cells = [node["role"] for node in below(nodes, table)]
    assert (cells.count("columnheader"), cells.count("rowheader")) == (8, 7)
    assert cells.count("cell") == 49


def test_the_sentence_of_a_choice_is_in_a_live_region(chromium: Browser) -> None:
    steps: list[Step] = [["open", "/posts/heads/"], ["tree"], *choose("bat", 2, 8), ["tree"]]
    answers = chromium(*steps)
    heard = []
    for nodes in (answers[1], answers[4]):
        figure = next(node for node in nodes if node["role"] == "figure")
        status = next(node for node in below(nodes, figure) if node["role"] == "status")
        assert status["live"] == "polite"
        heard.append(text_of(nodes, status))
    for sentence, (layer, head) in zip(heard, [(0, 3), (2, 8)], strict=True):
        named, _, said = sentence_of("heads", "bat", layer, head).partition("head ")
        assert sentence == f"{named}head {head + 1}: {said}"
    buttons = [node for node in answers[4] if node["role"] == "radio" and node["checked"] == "true"]
    assert [node["name"] for node in buttons[:2]] == ["3", "9"]


def test_every_view_is_named_and_each_of_its_groups(chromium: Browser) -> None:
    nodes = chromium(["open", "/posts/views/"], ["tree"])[1]
    figures = [node for node in nodes if node["role"] == "figure"]
    assert len(figures) == 7
    assert [node for node in figures if not node["name"]] == []
    groups = [[n["name"] for n in below(nodes, f) if n["role"] == "group"] for f in figures]
    folded = [names.pop() for names in groups]  # the numbers, which their summary names
    assert folded == [""] * 7
    assert [name for names in groups for name in names if not name] == []
    assert groups[0] == ["Head"]
    assert groups[1] == [f"Layer {layer}, head" for layer in (1, 2)]
    assert groups[4] == ["From the outlined word; choose another:", "Layer", "Head"]
    assert groups[6] == ["from", "Layer", "Head"]
    for node in figures:
        radios = [each for each in below(nodes, node) if each["role"] == "radio"]
        assert [each for each in radios if not each["name"]] == []
        assert any(each["checked"] == "true" for each in radios)
        if "step by step" not in node["name"]:  # where a choice leads to sums, not to a sentence
            assert [each["role"] for each in below(nodes, node)].count("status") == 1


def test_axe_finds_nothing_in_any_scheme(address: str) -> None:
    modes: list[dict[str, Any]] = [
        {"scheme": "light"},
        {"scheme": "dark"},
        {"forced": True},
        {"scheme": "dark", "width": 320},
    ]
    views = [{"page": "/posts/views/"} | mode for mode in modes]
    views.append({"page": "/posts/long/", "width": 320})
    seen = look_at(address, [{"axe": True} | view for view in views])
    assert [(each["view"], each["violations"]) for each in seen if each["violations"]] == []
    assert [each["view"] for each in seen if each["sideways"]] == []
    assert [each["console"] for each in seen if each["console"]] == []
