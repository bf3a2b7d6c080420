"""A site in several files: found, joined, each mistake at its own file and line, nothing from outside the folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cti.cli.complete import section
from cti.cli.rows import site_text
from cti.errors import SiteError
from cti.site.files import DEEPEST, MOST_BYTES, MOST_FILES, files_of
from cti.site.load import load_site
from cti.site.model import Site

HEAD = "site: {name: Test, timezone: UTC}\n"


def write(folder: Path, **files: str) -> None:
    """Files by name; `__` is a slash, and .yaml is added."""
    for name, text in files.items():
        file = folder / (name.replace("__", "/") + ".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def load(folder: Path) -> Site:
    return load_site(folder / "site.yaml")


def mistakes(folder: Path) -> list[str]:
    """As told, without the folder."""
    with pytest.raises(SiteError) as caught:
        load(folder)
    return [line.replace(f"{folder}/", "") for line in caught.value.mistakes]


def queue(name: str) -> str:
    return f"queues: {{{name}: {{overflow: hangup}}}}\n"


def test_a_section_may_be_spread_over_files_that_name_each_other(tmp_path: Path) -> None:
    write(
        tmp_path,
        site="include: [numbers.yaml, queues/*.yaml]\n" + HEAD + queue("own"),
        numbers='numbers: {"400": {to: "queue:sales"}}\nqueues:\n',
        queues__b='queues: {parts: {overflow: "queue:own"}}\n',
        queues__a=queue("sales"),
    )
    site = load(tmp_path)
    assert list(site.queues) == ["own", "sales", "parts"]
    assert str(site.numbers["400"].to) == "queue:sales"
    names = ["site.yaml", "numbers.yaml", "queues/a.yaml", "queues/b.yaml"]
    assert files_of(tmp_path / "site.yaml") == [tmp_path / name for name in names]
    assert section(tmp_path, "queues") == ["own", "sales", "parts"]


def test_an_included_file_may_include_further_ones_by_paths_from_the_sites_folder(tmp_path: Path) -> None:
    write(tmp_path, site=HEAD + "include: a/all.yaml\n", a__all="include: a/q.yaml\n", a__q=queue("deep"))
    assert list(load(tmp_path).queues) == ["deep"]


def test_a_prompts_file_is_beside_site_yaml_whoever_names_it(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    write(tmp_path, site=HEAD + "include: a/p.yaml\n", a__p="prompts: {x: {file: x.wav}}\n")
    assert load(tmp_path).prompts["x"].spoken[""].file == tmp_path / "x.wav"


def test_every_mistake_stands_at_its_own_file_and_line(tmp_path: Path) -> None:
    write(
        tmp_path,
        site="include: [b.yaml, a.yaml]\n" + HEAD + "nonsense: 1\n",
        b="\nqueues: {sales: {}}\n",
        a='numbers:\n  "400": {to: "queue:none"}\nrubbish: 1\n',
    )
    told = [line.partition(" (")[0] for line in mistakes(tmp_path)]
    assert told == [
        "site.yaml:3: site.yaml: unknown option 'nonsense'",
        "b.yaml:2: queue sales needs overflow",
        "a.yaml:2: number '400': to: there is no queue 'none'",
        "a.yaml:3: site.yaml: unknown option 'rubbish'",
    ]


def test_a_name_in_two_files_is_told_with_both(tmp_path: Path) -> None:
    write(tmp_path, site=HEAD + queue("x") + "include: a.yaml\n", a="\n" + queue("x"))
    assert mistakes(tmp_path) == ["a.yaml:2: queues: 'x' is written twice (first at site.yaml:2)"]


def test_a_number_and_its_other_form_in_two_files_are_told_with_both(tmp_path: Path) -> None:
    text = 'numbers: {"%s400": {to: hangup}}\n'
    write(tmp_path, site=HEAD + "include: [a.yaml, b.yaml]\n", a=text % "", b=text % "+")
    assert mistakes(tmp_path) == ["b.yaml:1: numbers: +400 is the same as 400 (first at a.yaml:1)"]


def test_what_is_said_once_for_the_whole_site_is_not_said_twice(tmp_path: Path) -> None:
    write(tmp_path, site=HEAD + "include: a.yaml\n", a="site: {name: Other, timezone: UTC}\n")
    assert mistakes(tmp_path) == ["a.yaml:1: site.yaml: 'site' is written twice (first at site.yaml:1)"]


@pytest.mark.parametrize(
    ("include", "told"),
    [
        ("gone.yaml", "No such file or directory"),
        ("gone/*.yaml", "there is no folder 'gone'"),
        ("../other.yaml", "may lie outside"),
        ("a/../../other.yaml", "may lie outside"),
        ("/etc/passwd.yaml", "may lie outside"),
        ("~/x.yaml", "may lie outside"),
        ('"**/x.yaml"', "may lie outside"),
        ("secrets.toml", "is not a .yaml file"),
        ("site.yaml", "is included twice"),
        ("[ok.yaml, ./ok.yaml]", "is included twice (first on line 2)"),
        ("link.yaml", "lies outside"),
        ("linked/*.yaml", "lies outside"),
        ("loop.yaml", "include: 'loop.yaml'"),
        ("pipe.yaml", "not a file"),
        ("folder.yaml", "Is a directory"),
        ("{a: ok.yaml}", "is not the name of a file"),
        ("[[ok.yaml]]", "is not the name of a file"),
        ('["a\\0b.yaml"]', "cannot be the name of a file"),
        (f"{'x' * 199}.yaml", "cannot be the name of a file"),
        (f"{'x' * 150}/{'y' * 40}.yaml", "No such file"),
        ("broken.yaml", "broken.yaml:3: YAML"),
        ("binary.yaml", "binary.yaml:2: not UTF-8"),
        ("list.yaml", "list.yaml:1: list.yaml must be a mapping"),
        ("circle.yaml", "circle.yaml:1: include: 'circle.yaml' is included twice (first at site.yaml:2)"),
    ],
)
def test_what_is_no_file_of_the_site_is_refused_where_it_is_named(tmp_path: Path, include: str, told: str) -> None:
    home = tmp_path / "home"
    write(home, ok=queue("x"), broken="a: 1\nb: [\n", list="- 1\n", circle="include: circle.yaml\n")
    (home / "binary.yaml").write_bytes(b"a: 1\n\xff\n")
    write(tmp_path, other=queue("x"), outside__x=queue("x"))
    (home / "link.yaml").symlink_to(tmp_path / "other.yaml")
    (home / "linked").symlink_to(tmp_path / "outside")
    (home / "loop.yaml").symlink_to("loop.yaml")
    (home / "folder.yaml").mkdir()
    os.mkfifo(home / "pipe.yaml")
    write(home, site=HEAD + f"include: {include}\n")
    said = mistakes(home)
    assert len(said) == 1, said
    assert told in said[0]
    assert said[0].isprintable()


def test_a_pattern_leaves_out_hidden_files_and_those_that_were_read(tmp_path: Path) -> None:
    write(tmp_path, site=HEAD + 'include: [a.yaml, "*.yaml", none-*.yml]\n', a=queue("x"))
    (tmp_path / ".#a.yaml").symlink_to("nobody@nowhere.123")  # an editor's lock
    assert list(load(tmp_path).queues) == ["x"]


def test_files_depth_and_bytes_are_bounded(tmp_path: Path) -> None:
    many, deep, big = tmp_path / "many", tmp_path / "deep", tmp_path / "big"
    write(many, site=HEAD + "include: q/*.yaml\n", **{f"q__{n}": queue(f"x{n}") for n in range(MOST_FILES)})
    write(deep, site=HEAD + "include: d1.yaml\n")
    write(deep, **{f"d{n}": f"include: d{n + 1}.yaml\n" for n in range(1, DEEPEST + 3)})
    write(big, site=HEAD + "include: b/*.yaml\n", **{f"b__{n}": "#" * (MOST_BYTES // 5) for n in range(6)})
    began = time.process_time()
    assert f"more than {MOST_FILES} files" in mistakes(many)[0]
    assert f"d{DEEPEST}.yaml:1: include: files nested deeper than {DEEPEST}" in mistakes(deep)[0]
    assert "have more than 4,194,304 bytes" in mistakes(big)[0]
    assert time.process_time() - began < 20.0


def test_commands_find_the_sites_own_values_in_whichever_file_they_are(tmp_path: Path) -> None:
    write(tmp_path, site="include: about.yaml\n", about="site: {name: Test, timezone: Asia/Shanghai}\n")
    assert site_text(tmp_path / "site.yaml", "timezone") == "Asia/Shanghai"
    assert site_text(tmp_path / "site.yaml", "nothing") == ""
    assert site_text(tmp_path / "gone.yaml", "timezone") == ""
