"""The protocol, pure: data in, data out; no socket, no clock, no environment.

Each file is one endpoint or RFC and holds pairs: one function builds the request, one reads the response.
`now` is an argument, randomness comes from `secrets`.
"""
