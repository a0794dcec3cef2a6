"""The tables [deploy.NAME]: typed, or every mistake at its place."""

from __future__ import annotations

import pytest

from sitegen.deploy.config import (
    DirectorySettings,
    GitSettings,
    S3Settings,
    Settings,
    SshSettings,
    choose,
    read_targets,
)
from sitegen.errors import ConfigError, Problem, show

COMMON = """keep = 5
keep_days = 0
max_deletes = 0
workers = 3
timeout = 10
patience = 1.5
"""


def mistakes(text: str) -> list[Problem]:
    with pytest.raises(ExceptionGroup) as caught:
        read_targets(text)
    return [each.problem() for each in caught.value.exceptions if isinstance(each, ConfigError)]


def only(text: str) -> Problem:
    (problem,) = mistakes(text)
    return problem


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (
            'type = "git"\nremote = "origin"',
            GitSettings(name="web", remote="origin", branch="gh-pages", history="keep"),
        ),
        (
            'type = "s3"\nbucket = "b"\nprefix = ""\nendpoint = "http://127.0.0.1:1"\nregion = "x"',
            S3Settings(name="web", bucket="b", endpoint="http://127.0.0.1:1", region="x"),
        ),
        (
            'type = "ssh"\nhost = "me@example.org"\npath = "/srv/www"\nport = 2222',
            SshSettings(name="web", host="me@example.org", path="/srv/www", port=2222),
        ),
        (
            'type = "directory"\npath = "~/www"\natomic = true\n' + COMMON,
            DirectorySettings(
                name="web",
                path="~/www",
                atomic=True,
                keep=5,
                keep_days=0,
                max_deletes=0,
                workers=3,
                timeout=10.0,
                patience=1.5,
            ),
        ),
    ],
)
def test_each_type_has_its_settings(text: str, settings: Settings) -> None:
    assert read_targets(f'title = "A"\n[deploy.web]\n{text}\n') == {"web": settings}


def test_a_misspelt_key_is_shown_at_its_place_with_the_nearest_one() -> None:
    problem = only('[deploy.web]\ntype = "s3"\nbucket = "b"\nprefx = "a"\n')
    assert problem.span is not None
    assert (problem.span.line, problem.span.column, problem.span.length) == (4, 1, 5)
    assert problem.message == 'unknown key "prefx" in [deploy.web]'
    assert (problem.hint or "").startswith('did you mean "prefix"?')


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("workers = '4'", "workers must be a whole number"),
        ("workers = 0", "workers must be 1 or more"),
        ("workers = 65", "workers must be 64 or fewer"),
        ("timeout = 0", "timeout must be more than 0 seconds"),
        ("timeout = inf", "timeout must be more than 0 seconds"),
        ("patience = true", "patience must be a number"),
        ("max_deletes = -1", "max_deletes must be 0 or more"),
        ("atomic = 1", "atomic must be true or false"),
        ("path = 3", "path must be text in quotes"),
        ("path = ''", "path is empty"),
    ],
)
def test_a_value_of_another_type_is_shown_at_its_place(line: str, words: str) -> None:
    path = "" if line.startswith("path") else "path = 'x'\n"
    problem = mistakes(f"[deploy.web]\ntype = 'directory'\n{path}{line}\n")[0]
    assert words in problem.message
    assert problem.span is not None
    assert problem.span.line == (4 if path else 3)
    assert problem.span.column == line.index("=") + 3


def test_a_type_and_a_choice_are_named_in_the_hint() -> None:
    problem = only('[deploy.web]\ntype = "gti"\n')
    assert problem.message == 'unknown type "gti"'
    assert problem.hint == 'did you mean "git"? Known types: directory, git, s3, ssh'
    assert "no type" in only("[deploy.web]\npath = 'x'\n").message
    text = '[deploy.web]\ntype = "git"\nremote = "origin"\nhistory = "non"\n'
    assert "Known values: keep, one" in (only(text).hint or "")


def test_the_hint_for_a_misspelt_key_names_no_secret() -> None:
    text = '[deploy.web]\ntype = "s3"\nbucket = "b"\ntoken = "x"\nprefx = "a"\n'
    assert all("token" not in (each.hint or "") for each in mistakes(text))


def test_what_a_type_needs_and_lacks_is_named() -> None:
    assert [each.message for each in mistakes('[deploy.web]\ntype = "ssh"\n')] == [
        '[deploy.web] lacks host, which a target of type "ssh" needs',
        '[deploy.web] lacks path, which a target of type "ssh" needs',
    ]


def test_all_mistakes_of_all_tables_come_at_once() -> None:
    found = mistakes(
        '[deploy.a]\ntype = "x"\n[deploy.b]\ntype = "s3"\nbuckett = "b"\n[deploy]\nc = 3'
    )
    assert len(found) == 4


@pytest.mark.parametrize(
    "line",
    [
        'secret_key = "hunter2"',
        'AWS_SECRET_ACCESS_KEY = "hunter2"',
        'token = "hunter2"',
        'endpoint = "https://me:hunter2@example.org/"',
    ],
)
def test_a_secret_is_refused_and_never_shown(line: str) -> None:
    text = f'[deploy.web]\ntype = "s3"\nbucket = "b"\n{line}\n'
    problem = only(text)
    shown = show(problem, lambda _path: text.split("\n"))
    assert "hunter2" not in shown
    assert "holds a secret" in shown
    assert "line 4" in shown


def test_the_only_target_needs_no_name() -> None:
    one = read_targets("[deploy.a]\ntype = 'directory'\npath = 'x'\n")
    assert choose(one, None) == choose(one, "a") == one["a"]


def test_a_target_that_is_not_meant_clearly_is_asked_for() -> None:
    table = "[deploy.{}]\ntype = 'directory'\npath = 'x'\n"
    two = read_targets(table.format("web") + table.format("test"))
    with pytest.raises(ConfigError, match="several targets: web, test"):
        choose(two, None)
    with pytest.raises(ConfigError, match='unknown target "wen"') as caught:
        choose(two, "wen")
    assert 'did you mean "web"?' in (caught.value.hint or "")
    with pytest.raises(ConfigError, match="no target") as none:
        choose({}, None)
    assert "[deploy.web]" in (none.value.hint or "")
