"""The variables in which the Jupyter server leaves its address and capability for its kernels; part of the wire.

A file of its own: ``%load_ext`` needs these names, and the dataclasses of the rest of the wire take 5 ms to make.
"""

__all__ = ["ENV_SERVER_CA", "ENV_SERVER_TOKEN", "ENV_SERVER_URL"]

ENV_SERVER_URL = "COGNITO_NB_SERVER_URL"  # http(s)://host:port/base_url/ or http+unix://%2Fpath/base_url/
ENV_SERVER_TOKEN = "COGNITO_NB_SERVER_TOKEN"  # noqa: S105 - the variable's name
ENV_SERVER_CA = "COGNITO_NB_SERVER_CA"  # path of the server's own certificate, when it serves TLS
