"""to_frame: where the records are, and what is made of them."""

import httpx
import pandas as pd
import polars as pl
import pytest
import requests
from pandas.testing import assert_frame_equal

import cognito_nb as cn

ROWS = [{"id": 1, "country": "DE"}, {"id": 2, "country": "FR"}]


def response(body, status=200):
    return httpx.Response(status, json=body, request=httpx.Request("GET", "https://api.example.com/p"))


@pytest.mark.parametrize(
    "answers",
    [
        response(ROWS),
        response({"items": ROWS, "total": 2}),
        response({"orders": ROWS, "next": None, "tags": ["x"]}),
        [response({"items": ROWS[:1]}), response({"items": []}), response({"items": ROWS[1:]})],
        (response(ROWS[0]), response(ROWS[1])),
        {"data": ROWS},
        ROWS,
        [ROWS[:1], ROWS[1:]],
    ],
    ids=["array", "usual name", "only list", "pages", "one record each", "read body", "records", "lists of records"],
)
@pytest.mark.parametrize("frame", ["pandas", "polars"])
def test_to_frame_finds_the_records(answers, frame):
    """In responses, in what was read from them, and in many of them."""
    made = cn.to_frame(answers, frame=frame)
    if frame == "pandas":
        assert_frame_equal(made, pd.DataFrame(ROWS))
    else:
        assert made.equals(pl.DataFrame(ROWS))


@pytest.mark.parametrize("path", ["orders", "data.orders"])
def test_to_frame_takes_the_records_from_a_path(path):
    """Whatever else there is."""
    body = {"orders": ROWS, "items": [{"x": 1}]}
    assert_frame_equal(cn.to_frame(response(body if path == "orders" else {"data": body}), path), pd.DataFrame(ROWS))


def test_to_frame_takes_each_answer_for_a_record_if_told_to():
    """Though there is a list in it."""
    frame = cn.to_frame([response({"id": 1, "items": [{"n": 1}]})], records="")
    assert frame.loc[0, "items"] == [{"n": 1}]


@pytest.mark.parametrize(
    "bodies",
    [
        [{"a": [{}], "b": [{}]}],
        [{"items": [], "data": []}],
        [{"id": 7, "lines": [{"n": 1}]}],
        [{"id": 7, "name": "x", "values": [1, 2]}],
        [{"orders": [{"id": 1}], "warnings": []}, {"orders": [], "warnings": [{"text": "none left"}]}],
        [{"items": ROWS}, {"data": ROWS}],
    ],
)
def test_to_frame_asks_which_list_is_meant(bodies):
    """It does not guess where it could be wrong, and answers that differ could be."""
    with pytest.raises(ValueError, match="which member holds the records"):
        cn.to_frame([response(body) for body in bodies])


@pytest.mark.parametrize("empty", [[], None])
@pytest.mark.parametrize("name", ["items", "orders"])
def test_to_frame_makes_no_row_of_an_empty_list(name, empty):
    """Where the others have their records, whatever the order."""
    answers = [response({name: records}) for records in (empty, ROWS, empty)]
    assert_frame_equal(cn.to_frame(answers), pd.DataFrame(ROWS))


@pytest.mark.parametrize("other", [{"message": "none left"}, ROWS])
def test_to_frame_refuses_answers_that_disagree(other):
    """One without the list of the others is no row."""
    with pytest.raises(ValueError, match="no list at records='items'"):
        cn.to_frame([{"items": ROWS}, other])


@pytest.mark.parametrize("body", [{"items": ROWS}, ROWS, {"orders": {}}, {}])
def test_to_frame_says_what_is_there_instead_of_the_named_list(body):
    """The keys of the answer."""
    with pytest.raises(ValueError, match="no list at records='orders'"):
        cn.to_frame(response(body), "orders")


def test_to_frame_refuses_an_error_of_an_api():
    """Its body is no data."""
    with pytest.raises(ValueError, match="404 for https://api.example.com/p"):
        cn.to_frame([response(ROWS), response({"error": "no"}, 404)])


def test_to_frame_shows_no_query_of_an_error():
    """Nor who signs with it: storage signs in the query."""
    request = httpx.Request("GET", "https://ada:hidden-1@api.example.com/p?sig=hidden-2")
    with pytest.raises(ValueError, match="404 for https://api.example.com/p$"):
        cn.to_frame(httpx.Response(404, request=request))


def test_to_frame_names_where_a_redirect_leads():
    """Most often it is a slash that is missing."""
    moved = httpx.Response(307, headers={"Location": "/p/"}, request=httpx.Request("GET", "https://api.example.com/p"))
    with pytest.raises(ValueError, match="redirect, .*: 307 for https://api.example.com/p, to /p/$"):
        cn.to_frame(moved)


@pytest.mark.parametrize("text", ["abc", b"[]"])
def test_to_frame_refuses_text(text):
    """It would take letters for answers."""
    with pytest.raises(TypeError, match="not text"):
        cn.to_frame(text)


def test_to_frame_refuses_what_is_no_json():
    """And says what it is."""
    page = httpx.Response(200, html="<p>", request=httpx.Request("GET", "https://api.example.com/p"))
    with pytest.raises(ValueError, match="no JSON: 200, text/html"):
        cn.to_frame(page)


def test_to_frame_raises_an_error_that_stands_in_an_answers_place():
    """From `on_error="return"`: rows that are missing are not passed over."""
    with pytest.raises(httpx.ReadError):
        cn.to_frame([response(ROWS), httpx.ReadError("broken")])


def test_to_frame_takes_answers_of_requests():
    """Whatever has a status and JSON."""
    answer = requests.Response()
    answer.status_code, answer._content = 200, b'[{"id": 1}]'
    assert cn.to_frame(answer).to_dict("list") == {"id": [1]}


def test_to_frame_refuses_an_asynchronous_iterator():
    """It would have to wait for it."""

    async def answers():
        yield response(ROWS)

    with pytest.raises(ValueError, match="async for"):
        cn.to_frame(answers())


def test_to_frame_of_polars_looks_at_all_rows_for_the_types():
    """A column that is empty at first, or whole numbers at first, is no error."""
    rows = [{"n": None, "x": 1}] * 200 + [{"n": "text", "x": 1.5}]
    assert cn.to_frame(rows, frame="polars").schema == {"n": pl.String, "x": pl.Float64}


@pytest.mark.parametrize("frame", ["pandas", "polars"])
def test_to_frame_says_what_to_install(frame, monkeypatch):
    """Pandas and polars are optional."""
    monkeypatch.setattr("cognito_nb.data.frames.find_spec", lambda _: None)
    with pytest.raises(ImportError, match=f"pip install {frame}"):
        cn.to_frame(ROWS, frame=frame)


def test_to_frame_knows_two_kinds():
    """A third is misspelt."""
    with pytest.raises(ValueError, match="dask"):
        cn.to_frame(ROWS, frame="dask")


def test_to_frame_of_nothing_is_empty():
    """No answer, no row, no error."""
    assert len(cn.to_frame([])) == len(cn.to_frame([], frame="polars")) == 0
