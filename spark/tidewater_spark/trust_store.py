"""Reads the certificates a job trusts. On the driver alone, so that the password stays there."""

from __future__ import annotations

import re
from typing import List

from .errors import TidewaterError, first_lines
from .hadoop_fs import open_file, read_text

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def trusted_certificates(spark, trust_store: dict) -> str:
    """The store's certificates as PEM. Raises TidewaterError trust-store-unreadable."""
    location = trust_store["location"]
    try:
        if trust_store["type"] == "PEM":
            # The certificates alone: a file that holds a private key as well must not send that to executors.
            found = _CERTIFICATE.findall(read_text(spark, location))
        else:
            found = _from_key_store(spark, trust_store)
    except Exception as error:
        raise _unreadable(location, first_lines(error)) from error
    if not found:
        raise _unreadable(location, "it holds no certificate")
    return "\n".join(found) + "\n"


def _from_key_store(spark, trust_store: dict) -> List[str]:
    jvm = spark._jvm
    store = jvm.java.security.KeyStore.getInstance(trust_store["type"])
    password = None
    if "passwordFile" in trust_store:
        password = _characters(spark, read_text(spark, trust_store["passwordFile"]).rstrip("\r\n"))
    stream = open_file(spark, trust_store["location"])
    try:
        store.load(stream, password)
    finally:
        stream.close()
    encoder = jvm.java.util.Base64.getMimeEncoder()
    found = []
    for alias in jvm.java.util.Collections.list(store.aliases()):
        encoded = encoder.encodeToString(store.getCertificate(alias).getEncoded())
        found.append(f"-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----")
    return found


def _characters(spark, text: str):
    gateway = spark.sparkContext._gateway
    array = gateway.new_array(gateway.jvm.char, len(text))
    for index, character in enumerate(text):
        array[index] = character
    return array


def _unreadable(location: str, reason: str) -> TidewaterError:
    return TidewaterError(
        "trust-store-unreadable",
        f"the trust store {location} can't be read: {reason}",
        "Check /source/auth/trustStore: location, type, and for JKS and PKCS12 the password in passwordFile.",
        {"location": location},
    )
