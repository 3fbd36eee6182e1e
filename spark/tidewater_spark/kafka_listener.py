"""Finds out whether a listener speaks TLS, before a Kafka client is set on it.

A Kafka client can't tell: with TLS to a plaintext port it reconnects until its time is up, and without TLS to a TLS
port it takes the alert it gets back for a message's length and allocates 336 MiB (KAFKA-4090).
"""

from __future__ import annotations

import socket
import ssl
import struct
from typing import List, Optional, Tuple

TLS = "TLS"
PLAINTEXT = "plaintext"
PROBE_TIMEOUT_SECONDS = 3.0

_CORRELATION_ID = 0x54574452
# ApiVersions, version 0, no client id: what every Kafka listener answers before authentication.
_API_VERSIONS = struct.pack(">hhih", 18, 0, _CORRELATION_ID, -1)
_TLS_ALERT = 0x15


def split_brokers(bootstrap_brokers: str) -> List[Tuple[str, int]]:
    """Host and port of each broker of a validated list; IPv6 hosts without their brackets."""
    pairs = (broker.rsplit(":", 1) for broker in bootstrap_brokers.split(","))
    return [(host.strip("[]"), int(port)) for host, port in pairs]


def listener_protocol(host: str, port: int, expected: str) -> Optional[str]:
    """TLS, PLAINTEXT, or None when the listener does not say, for at most twice PROBE_TIMEOUT_SECONDS.

    expected: what to try first. A good handshake leaves no trace in the broker's log; a record that is no TLS counts
    there as a failed authentication.
    """
    if expected == TLS and _shakes_hands(host, port):
        return TLS
    return protocol_of(_answer(host, port))


def protocol_of(answer: bytes) -> Optional[str]:
    """What the first bytes of the answer to a plaintext request show. Pure."""
    if len(answer) >= 2 and answer[0] == _TLS_ALERT and answer[1] == 3:
        return TLS
    return PLAINTEXT if answer[4:8] == struct.pack(">i", _CORRELATION_ID) else None


def _shakes_hands(host: str, port: int) -> bool:
    # Nothing is sent or believed on this connection; Kafka's client verifies the certificate on its own.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), PROBE_TIMEOUT_SECONDS) as connection:
            with context.wrap_socket(connection, server_hostname=host):
                return True
    except OSError:
        return False


def _answer(host: str, port: int) -> bytes:
    received = b""
    try:
        with socket.create_connection((host, port), PROBE_TIMEOUT_SECONDS) as connection:
            connection.sendall(struct.pack(">i", len(_API_VERSIONS)) + _API_VERSIONS)
            while len(received) < 8:
                chunk = connection.recv(8 - len(received))
                if not chunk:
                    break
                received += chunk
    except OSError:
        pass
    return received
