"""What the end-to-end tests are written with: the gateway as a process, upstreams, a strict raw client, tokens."""
