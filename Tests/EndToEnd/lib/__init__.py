"""The tools of the end-to-end tests: the gateway as a process, upstreams, a strict raw client, tokens."""
