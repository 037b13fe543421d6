"""Latencies by the endpoint's name."""

import math

import pytest

from cognito_nb.local_pool.endpoints import Latency


def _assign(latency, endpoint, seconds):
    latency[endpoint] = seconds


def _update(latency, endpoint, seconds):
    latency.update({endpoint: seconds})


def _merge(latency, endpoint, seconds):
    latency |= {endpoint: seconds}


WAYS = pytest.mark.parametrize("put", [_assign, _update, _merge, Latency.setdefault])


@WAYS
def test_latency_is_set(put):
    """By the endpoint's name, in any of a dict's ways."""
    latency = Latency(token=1)
    put(latency, "jwks", 0.5)
    assert latency == {"token": 1, "jwks": 0.5}


@WAYS
@pytest.mark.parametrize(
    ("endpoint", "seconds", "error", "message"),
    [
        ("tokn", 2, ValueError, "no endpoint 'tokn'; there are .*token"),
        ("jwks", "2", TypeError, r"latency\['jwks'\] takes int or float, not str"),
        ("jwks", True, TypeError, r"latency\['jwks'\] takes int or float, not bool"),
        ("jwks", -1, ValueError, r"latency\['jwks'\] takes 0 seconds or more"),
        ("jwks", math.nan, ValueError, r"latency\['jwks'\] takes 0 seconds or more"),
    ],
)
def test_latency_that_cannot_be_is_refused(put, endpoint, seconds, error, message):
    """At once, and not by a server that breaks off; what was set stays."""
    latency = Latency(token=1)
    with pytest.raises(error, match=message):
        put(latency, endpoint, seconds)
    assert latency == {"token": 1}


def test_whole_latency_of_a_pool_is_checked(pool):
    """It may be replaced, by what fits."""
    with pytest.raises(ValueError, match="no endpoint 'tokn'"):
        pool.latency = {"tokn": 2}
    pool.latency = {"token": 2}
    assert pool.latency == {"token": 2}
