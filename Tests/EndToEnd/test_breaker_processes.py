"""What the breaker found about two gateways at a time, and about what one leaves behind."""

import os
import signal

import pytest
from lib.gateway import configuration
from lib.upstreams import free_port


def test_a_port_that_another_gateway_has_is_an_error(start, upstream):
    """Otherwise the kernel shares the clients out among two configurations, and nobody notices."""
    config = configuration(upstream, listen=[f"127.0.0.1:{free_port()}"])
    start(config)
    with pytest.raises(AssertionError, match="in use"):
        start(config)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_unix_socket_is_removed_at_the_end(number, start, upstream, directory):
    gateway = start(configuration(upstream, listen=[f"unix:{directory}/a.sock"]))
    gateway.signal(number)
    assert gateway.wait() == 0
    assert not os.path.exists(f"{directory}/a.sock")


def test_a_quick_stop_writes_the_access_log_first(start, upstream):
    gateway = start(configuration(upstream))
    assert gateway.request("/open").status == 200
    gateway.signal(signal.SIGINT)
    assert gateway.wait() == 0
    assert '"/open"' in gateway.output()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR2])
def test_a_signal_that_is_for_later_does_not_end_the_gateway(number, start, upstream):
    gateway = start(configuration(upstream))
    gateway.signal(number)
    assert gateway.request("/open").status == 200
