from __future__ import annotations

from collections import Counter

from pipelines.demo.world import people


def test_every_learner_visitor_and_crawler_has_one_browser(clean_website):
    owners = Counter(fact["owner"] for fact in clean_website.facts["browsers"])
    world = clean_website.world
    assert owners["visitor"] + owners["crawler"] == world.learners // people.ANONYMOUS_SHARE
    assert owners["crawler"] > 0
    assert 0.8 * world.learners < owners["learner"] <= world.learners
    ids = [fact["anonymous_id"] for fact in clean_website.facts["browsers"]]
    assert len(ids) == len(set(ids))


def test_every_twentieth_browser_is_shared_with_the_next_learner(clean_website):
    browsers = [fact for fact in clean_website.facts["browsers"] if fact["owner"] == "learner"]
    shared = [fact for fact in browsers if fact["shared_with_learner"] is not None]
    assert 0.03 < len(shared) / len(browsers) < 0.07
    assert all(fact["shared_with_learner"] == fact["number"] + 1 for fact in shared)


def test_only_those_who_share_a_browser_are_two_in_it(clean_website):
    numbers = {
        people.user_id(clean_website.world.seed, learner): learner for learner in range(clean_website.world.learners)
    }
    browsers = {fact["anonymous_id"]: fact for fact in clean_website.facts["browsers"]}
    for fact in clean_website.facts["web_calls"]:
        if fact["anonymous_id"] and fact["user_id"]:
            browser = browsers[fact["anonymous_id"]]
            assert numbers[fact["user_id"]] in (browser["number"], browser["shared_with_learner"])


def test_browsers_are_known_by_id_addresses_and_cookie(clean_website):
    stated = {(fact["kind"], fact["owner"]) for fact in clean_website.facts["identifiers"]}
    for fact in clean_website.facts["browsers"]:
        whose = f"{'learner' if fact['owner'] == 'learner' else 'visitor'}/{fact['number']}"
        assert {("anonymous_id", whose), ("ip", whose)} <= stated
        assert (("fbp", whose) in stated) == (fact["fbp"] is not None)


def test_the_calls_say_of_consent_what_the_browser_says(clean_website):
    browsers = {fact["anonymous_id"]: fact for fact in clean_website.facts["browsers"]}
    for fact in clean_website.facts["web_calls"]:
        if fact["anonymous_id"]:
            browser = browsers[fact["anonymous_id"]]
            assert (fact["analytics"], fact["gpc"]) == (browser["analytics"], browser["gpc"])
