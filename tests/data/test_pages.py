"""Pages: from page to page, to the end, and never in a circle. Each test runs sync and async."""

import itertools

import httpx
import pytest
from data.api import API

from cognito_nb.errors import UntrustedOriginError


def json(body, **headers):
    return lambda _: httpx.Response(200, json=body, headers=headers)


def numbers(answers):
    """Return what stands in the pages' records."""
    bodies = (answer.json() for answer in answers)
    return [record for body in bodies for record in (body if isinstance(body, list) else next(iter(body.values())))]


STYLES = {
    "link header": [[1], [2], [3]],
    "link in the body": [
        {"items": [1], "next": f"{API}/p?n=2"},
        {"items": [2], "next": "?n=3"},
        {"items": [3], "next": None},
    ],
    "nested link": [
        {"items": [1], "links": {"next": "/v1/p?n=2"}},
        {"items": [2], "links": {"next": {"href": "?n=3"}}},
        {"items": [3]},
    ],
    "listed link": [
        {"items": [1], "links": [{"rel": "self", "href": "?"}, {"rel": "next", "href": "?n=2"}]},
        {"items": [2], "links": [{"rel": "next", "href": "?n=3"}]},
        {"items": [3], "links": []},
    ],
    "odata": [
        {"items": [1], "@odata.nextLink": f"{API}/p?n=2"},
        {"items": [2], "@odata.nextLink": f"{API}/p?n=3"},
        {"items": [3]},
    ],
}


@pytest.mark.parametrize("style", STYLES)
def test_pages_follow_links(api, style):
    """Absolute ones and relative ones, to the page that names none."""
    first, second, third = STYLES[style]
    in_header = style == "link header"
    links = [
        {"Link": f'<?n={number}>; rel="{rel}", </v1/p>; rel="first"'} for number, rel in ((2, "next"), (3, "Next last"))
    ]
    api.answers = {
        "/p": [json(first, **(links[0] if in_header else {}))],
        "/p?n=2": [json(second, **(links[1] if in_header else {}))],
        "/p?n=3": [json(third)],
    }
    assert numbers(api.take(api.pages("/p"))) == [1, 2, 3]


@pytest.mark.parametrize(
    ("bodies", "urls"),
    [
        ([{"items": [1], "next_cursor": "a b"}, {"items": [2], "next_cursor": None}], ["/p?limit=1&cursor=a+b"]),
        ([{"items": [1], "nextToken": "x"}, {"items": [2]}], ["/p?limit=1&nextToken=x"]),
        ([{"items": [1], "nextPageToken": "x"}, {"items": [2], "nextPageToken": ""}], ["/p?limit=1&pageToken=x"]),
        ([{"items": [1], "response_metadata": {"next_cursor": "x"}}, {"items": [2]}], ["/p?limit=1&cursor=x"]),
        (
            [
                {"items": [1], "next_cursor": "x", "has_more": True},
                {"items": [2], "next_cursor": "y", "has_more": False},
            ],
            ["/p?limit=1&cursor=x"],
        ),
        (
            [{"items": [1], "page": 1, "total_pages": 2}, {"items": [2], "page": 2, "total_pages": 2}],
            ["/p?limit=1&page=2"],
        ),
        (
            [{"items": [1], "total": 2, "offset": 0}, {"items": [2], "total": 2, "offset": 1}],
            ["/p?limit=1&offset=1"],
        ),
        (
            [{"items": [1], "total_pages": 2, "page": 0}, {"items": [2], "total_pages": 2, "page": 1}],
            ["/p?limit=1&page=1"],
        ),
        (
            [{"items": [1], "total": 2, "page": 1, "per_page": 1}, {"items": [2], "total": 2, "page": 2}],
            ["/p?limit=1&page=2"],
        ),
        (
            [
                {"items": [1], "meta": {"page": 1, "total_pages": 2}},
                {"items": [2], "meta": {"page": 2, "total_pages": 2}},
            ],
            ["/p?limit=1&page=2"],
        ),
        (
            [{"data": [1], "current_page": 1, "last_page": 2}, {"data": [2], "current_page": 2, "last_page": 2}],
            ["/p?limit=1&page=2"],
        ),
        (
            [
                {"content": [1], "number": 0, "totalPages": 2, "last": False},
                {"content": [2], "number": 1, "totalPages": 2, "last": True},
            ],
            ["/p?limit=1&page=1"],
        ),
        (
            [
                {"items": [1], "page": {"number": 0, "totalPages": 2}},
                {"items": [2], "page": {"number": 1, "totalPages": 2}},
            ],
            ["/p?limit=1&page=1"],
        ),
        (
            [
                {"items": [1], "meta": {"has_more": True, "after_cursor": "x"}},
                {"items": [2], "meta": {"has_more": False, "after_cursor": "y"}},
            ],
            ["/p?limit=1&page%5Bafter%5D=x"],
        ),
        ([{"items": [1], "paging": {"next": {"after": "x"}}}, {"items": [2]}], ["/p?limit=1&after=x"]),
        ([{"items": [1], "paging": {"next": {"link": "?after=x"}}}, {"items": [2]}], ["/p?after=x"]),
        (
            [{"items": [1], "next_page": "?page=2", "count": 2}, {"items": [2], "next_page": None, "count": 2}],
            ["/p?page=2"],
        ),
        ([{"items": [1], "next_cursor": 7}, {"items": [2], "next_cursor": 0}], ["/p?limit=1&cursor=7"]),
        ([{"items": [1], "next_page": 2}, {"items": [2], "next_page": None}], ["/p?limit=1&page=2"]),
    ],
    ids=[
        *("cursor", "token", "page token", "nested cursor", "has_more", "page number", "offset", "number from 0"),
        *(
            "number with total",
            "nested number",
            "Laravel",
            "Spring",
            "Spring, nested",
            "Zendesk cursor",
            "HubSpot cursor",
        ),
        *("HubSpot link", "Zendesk link", "Twitter", "next number"),
    ],
)
def test_pages_give_back_what_the_page_tells(api, bodies, urls):
    """A cursor, a token, the next number or offset; the other parameters stay."""
    api.answers = {url: [json(body)] for url, body in zip(["/p?limit=1", *urls], bodies, strict=True)}
    assert numbers(api.take(api.pages("/p", params={"limit": 1}))) == [1, 2]
    assert api.urls() == ["/p?limit=1", *urls]


def test_pages_count_the_offset_from_where_they_started(api):
    """And with the parameter that the API knows it by."""
    api.answers = {"/p?skip=4": [json({"list": [{}, {}], "total": 8})], "/p?skip=6": [json({"list": [{}], "total": 7})]}
    assert len(api.take(api.pages("/p?skip=4", records="list"))) == 2


def test_pages_of_an_answer_without_paging_are_one(api):
    """A body that is no JSON too."""
    api.answers = {"/p": [json([1])], "/text": [200]}
    assert len(api.take(api.pages("/p"))) == len(api.take(api.pages("/text"))) == 1


def test_pages_ask_a_function_if_there_is_one(api):
    """It overrides what would be found."""
    api.answers = {
        "/p": [json({"items": [1], "next": "/wrong"})],
        "/p?after=1": [json({"items": [2], "next": "/wrong"})],
    }
    last = {"items": [2], "next": "/wrong"}
    following = api.pages("/p", next_url=lambda page: None if page.json() == last else "?after=1")
    assert numbers(api.take(following)) == [1, 2]


def test_pages_stop_where_they_are_told_to(api):
    """No page is asked for beyond."""
    api.answers = {f"/p?n={number}": [json({"items": [number], "next": f"?n={number + 1}"})] for number in range(9)}
    assert numbers(api.take(api.pages("/p?n=0", max_pages=3))) == [0, 1, 2]
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    "second",
    [{"items": [2], "next": f"{API}/p"}, {"items": [2], "next": f"{API}/p?n=2"}, {"items": [2], "next": "?n=2#x"}],
    ids=["the first", "itself", "itself with a fragment"],
)
def test_pages_that_run_in_a_circle_are_an_error(api, second):
    """After each of them was given once."""
    api.answers = {"/p": [json({"items": [1], "next": "?n=2"})], "/p?n=2": [json(second)]}
    pages = api.pages("/p")
    assert numbers(api.take(pages, 2)) == [1, 2]
    with pytest.raises(RuntimeError, match="in a circle"):
        api.take(pages, 1)
    assert len(api.requests) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"items": [1], "next_cursor": "x"},
        {"items": [1], "total": 9, "offset": 0},
        {"items": [1], "page": 1, "pages": 9},
    ],
    ids=["cursor", "offset", "number"],
)
def test_pages_notice_an_api_that_knows_no_such_parameter(api, body):
    """It answers with its first records for ever: they are not given twice, whatever else is new in the answer."""
    number = itertools.count()
    api.answers = {
        url: [lambda _: httpx.Response(200, json={**body, "request_id": next(number)})]
        for url in ("/p", "/p?cursor=x", "/p?offset=1", "/p?page=2")
    }
    pages = api.pages("/p")
    assert numbers(api.take(pages, 1)) == [1]
    for _ in range(2):
        with pytest.raises(RuntimeError, match="in a circle"):
            api.take(pages, 1)
    assert len(api.requests) == 2


def test_pages_may_be_empty_one_after_the_other(api):
    """As where a filter leaves nothing of a page."""
    bodies = [{"items": [], "nextToken": "x"}, {"items": [], "nextToken": "y"}, {"items": [1]}]
    api.answers = {
        url: [json(body)] for url, body in zip(["/p", "/p?nextToken=x", "/p?nextToken=y"], bodies, strict=True)
    }
    assert numbers(api.take(api.pages("/p"))) == [1]


def test_pages_with_links_may_be_alike(api):
    """The API says itself that there is another one: measured values repeat."""
    api.answers = {"/p": [json({"items": [1], "next": "?n=2"})], "/p?n=2": [json({"items": [1]})]}
    assert numbers(api.take(api.pages("/p"))) == [1, 1]


@pytest.mark.parametrize(
    ("size", "urls"), [(2, ["/p?page=1&per_page=2", "/p?page=2&per_page=2"]), (3, ["/p?page=1&per_page=3"])]
)
def test_pages_without_a_total_go_on_while_they_are_full(api, size, urls):
    """A shorter one is the last."""
    api.answers = {"/p?page=1&per_page=2": [json({"items": [1, 2]})], "/p?page=2&per_page=2": [json({"items": [3]})]}
    api.answers["/p?page=1&per_page=3"] = [json({"items": [1, 2]})]
    api.take(api.pages("/p", params={"page": 1, "per_page": size}))
    assert api.urls() == urls


@pytest.mark.parametrize(
    ("body", "sign"),
    [
        ({"items": [1], "next": "abc"}, "next"),
        ({"items": [1], "next": 2}, "next"),
        ({"items": [1], "links": {"next": {"page": 2}}}, "next"),
        ({"data": [1], "has_more": True}, "has_more"),
        ({"data": [1], "meta": {"hasMore": True}}, "hasMore"),
        ({"data": [1], "last": False}, "last"),
        ({"Items": [1], "LastEvaluatedKey": {"id": "1"}}, "LastEvaluatedKey"),
        ({"items": [1], "info": {"total_pages": 3}}, "total_pages"),
        ({"items": [1], "total": 2}, "total"),
        ({"items": [1], "pagination": {"total": 2}}, "total"),
        ({"items": [1], "total": 2, "start": 20240101}, "total"),
        ({"items": [1], "count": 2}, "count"),
    ],
)
def test_pages_that_cannot_tell_the_next_one_do_not_end_silently(api, body, sign):
    """Half of the data would look like all: what says that there is more is named."""
    api.answers = {"/p": [json(body)]}
    with pytest.raises(ValueError, match=f"'{sign}'.*next_url="):
        api.take(api.pages("/p"))


@pytest.mark.parametrize(
    "body",
    [
        {"items": [1], "total": 1},
        {"items": [1], "total": 9, "next": None},
        {"items": [1], "page": 1, "total_pages": 1},
        {"items": [1], "offset": 8, "total": 9},
        {"name": "an order, not a list", "total": 99},
    ],
)
def test_pages_end_where_nothing_says_that_there_is_more(api, body):
    """One page, and no error."""
    api.answers = {"/p": [json(body)]}
    assert len(api.take(api.pages("/p"))) == 1


@pytest.mark.parametrize("link", ["https://evil.example/", "//evil.example/", "http://api.example.com/v1/p?n=2"])
@pytest.mark.parametrize("place", ["header", "body"])
def test_pages_follow_no_link_to_another_origin(api, link, place):
    """The API does not decide where tokens go (HC-04)."""
    body = {"items": [1], "next": link}
    api.answers = {"/p": [json(body) if place == "body" else json([1], Link=f'<{link}>; rel="next"')]}
    with pytest.raises(UntrustedOriginError):
        api.take(api.pages("/p"))
    assert len(api.requests) == 1


def test_pages_ask_for_a_page_again_after_its_error(api):
    """The iterator stands before the page that failed."""
    api.answers = {"/p": [json({"items": [1], "next": "?n=2"})], "/p?n=2": [404, json({"items": [2]})]}
    pages = api.pages("/p")
    api.take(pages, 1)
    with pytest.raises(httpx.HTTPStatusError):
        api.take(pages, 1)
    assert numbers(api.take(pages)) == [2]


def test_pages_are_sent_again_like_other_requests(api):
    """A 503 on the way ends nothing."""
    api.answers = {"/p": [503, json({"items": [1]})]}
    assert numbers(api.take(api.pages("/p"))) == [1]
