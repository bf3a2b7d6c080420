"""Every scene leads where it says: walked through the menus of the demo site without a telephone."""

import random
from collections import Counter

import pytest

from cti.site.load import load_site
from cti.site.rules import need_of
from cti.stage.demo_site import ABSENT, CUSTOMERS, demo_agents, demo_site, shipped_site
from cti.stage.scenes import random_scene, ten_calls


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    file = tmp_path_factory.mktemp("demo") / "site.yaml"
    file.write_text(demo_site(shipped_site()), encoding="utf-8")
    return load_site(file)


def walk(site, scene):
    """(path, queue, need) of these keys: what the dialplan does with a caller who errs less than the menus allow."""
    place, path, need = site.numbers[scene.did].to, [], ()
    keys = [key for _, key in sorted(scene.keys)]
    while place.kind == "menu":
        choice = site.menus[place.name].keys.get(keys.pop(0))
        if choice is None:
            continue
        key = next(key for key, other in site.menus[place.name].keys.items() if other is choice)
        path.append(f"{place.name}:{key}")
        need += need_of(choice.need)
        place = choice.to
    assert keys == []
    return ">".join(path), place.name, need


@pytest.mark.parametrize("scene", ten_calls(), ids=lambda scene: scene.title)
def test_each_of_the_ten_calls_leads_where_it_says(site, scene):
    assert walk(site, scene) == (scene.path, scene.queue, scene.need)


def test_so_does_every_random_scene(site):
    chance = random.Random(4711)
    for _ in range(500):
        scene = random_scene(chance)
        assert walk(site, scene) == (scene.path, scene.queue, scene.need)


def test_the_ten_calls_are_ten_different_callers_into_every_queue():
    scenes = ten_calls()
    assert len({scene.number for scene in scenes}) == 10
    assert {scene.queue for scene in scenes} == {"sales", "service", "parts", "complaints", "rescue"}
    assert Counter(bool(scene.need) for scene in scenes) == {True: 2, False: 8}
    assert [scene.title for scene in scenes if scene.first == ABSENT] == ["service; first agent absent"]


def test_some_callers_are_known_by_name_and_some_are_not():
    known, called = {customer.number for customer in CUSTOMERS}, {scene.number for scene in ten_calls()}
    assert known & called
    assert called - known


def test_keys_are_pressed_one_after_the_other():
    chance = random.Random(1)
    for scene in [*ten_calls(), *(random_scene(chance) for _ in range(100))]:
        times = [seconds for seconds, _ in scene.keys]
        assert times == sorted(times)
        assert len(set(times)) == len(times)


def test_the_one_who_does_not_answer_can_be_offered_service(site):
    agent = next(agent for agent in demo_agents() if agent["number"] == ABSENT)
    skills = dict(part.split("=") for part in agent["skills"].split(";"))
    assert int(skills["service"]) >= site.queues["service"].steps[0].need["service"]
