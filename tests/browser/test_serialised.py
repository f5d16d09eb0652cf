"""Serialised origins: what browsers send, what they never do, and what was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfncors.browser.public_suffixes import anybody_matches, is_public_suffix
from cfncors.browser.serialised import is_loopback, problem


@pytest.mark.parametrize(
    "text",
    [
        "https://app.example.com",
        "http://localhost:3000",
        "https://app.example.com:8443",
        "https://a.example:80",
        "http://a.example:443",
        "http://127.0.0.1:8080",
        "https://[::1]",
        "https://[2001:db8::1]:8443",
        "https://xn--bcher-kva.example",
        "https://a_b.example",
        "https://example.com.",
        "capacitor://localhost",
        "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
    ],
)
def test_what_browsers_send(text: str) -> None:
    assert problem(text) is None


@pytest.mark.parametrize(
    ("text", "reason", "write"),
    [
        ("https://app.example.com/", "it ends with a slash", "https://app.example.com"),
        ("https://App.example.com", "it is not in lower case", "https://app.example.com"),
        ("HTTPS://app.example.com", "it is not in lower case", "https://app.example.com"),
        ("https://a.example:443", "browsers leave the default port 443 out", "https://a.example"),
        ("http://a.example:80", "browsers leave the default port 80 out", "http://a.example"),
    ],
)
def test_only_the_spelling_is_wrong(text: str, reason: str, write: str) -> None:
    found = problem(text)
    assert found is not None
    assert (found.reason, found.write, found.same) == (reason, write, True)


@pytest.mark.parametrize(
    ("text", "reason", "write"),
    [
        ("", "it is empty", None),
        ("app.example.com", "it has no scheme", "https://app.example.com"),
        ("localhost:3000", "it has no scheme", "http://localhost:3000"),
        ("//app.example.com", "it has no scheme", None),
        ("true", "it has no scheme", None),
        ("https://app.example.com/notes", "it has a path", "https://app.example.com"),
        ("https://app.example.com?a=b", "it has a query", "https://app.example.com"),
        ("https://app.example.com#top", "it has a fragment", "https://app.example.com"),
        ("https://me@app.example.com", "it names a user", "https://app.example.com"),
        (" https://app.example.com", "it holds blanks or quotes", "https://app.example.com"),
        ('"https://app.example.com"', "it holds blanks or quotes", "https://app.example.com"),
        ("https://app example.com", "its host is no domain name", None),
        ("https://", "it has no host", None),
        ("https://a..example", "its host is no domain name", None),
        ("https://*.example.com", "* in it stands for itself", None),
        ("https://a.example:*", "* in it stands for itself", None),
        ("https://a.example:0", "0 is no port", None),
        ("https://a.example:080", "080 is no port", None),
        ("https://a.example:65536", "65536 is no port", None),
        ("https://a.example:http", "http is no port", None),
        ("https://a.example:", "nothing is no port", None),
        ("https://bücher.example", "browsers send the host in Punycode", "https://xn--bcher-kva.example"),
        ("https://xn--a.example", "its host is no valid Punycode", None),
        (f"https://{'a' * 64}.example", "its host is longer than a domain name can be", None),
        (f"https://{'a.' * 126}example", "its host is longer than a domain name can be", None),
        (f"{'a' * 65}://a.example", "its scheme is none", None),
        ("https://127.1", "browsers write its address in another form", "https://127.0.0.1"),
        ("https://0x7f000001", "browsers write its address in another form", "https://127.0.0.1"),
        ("https://010.0.0.1", "browsers write its address in another form", "https://8.0.0.1"),
        ("https://256.0.0.1", "its host is no IP address", None),
        ("https://1.2.3.4.5", "its host is no IP address", None),
        ("https://[0:0::1]", "browsers write its address in another form", "https://[::1]"),
        ("https://[::ffff:127.0.0.1]", "its address is an IPv4 address in disguise", "https://127.0.0.1"),
        ("https://[fe80::1%eth0]", "its host is no IP address", None),
        ("https://[::1", "its host is no IP address", None),
        ("file:///home/me/app.html", "browsers send null for pages of file:", None),
        ("wss://a.example", "no page is loaded by wss:", "https://a.example"),
    ],
)
def test_what_no_browser_sends(text: str, reason: str, write: str | None) -> None:
    found = problem(text)
    assert found is not None
    assert found.reason.startswith(reason)
    assert found.write == write
    assert not found.same


@given(st.text(max_size=60) | st.from_regex(r"\A(https?|[a-z]+)://[ -~é]*\Z"))
def test_what_is_to_be_written_is_right_itself(text: str) -> None:
    found = problem(text)
    if found is not None and found.write is not None:
        assert problem(found.write) is None


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "localhost.", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.com", "127.0.0.1.nip.io", "192.168.0.1", "[::2]", ""])
def test_what_is_no_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("domain", ["com", "co.uk", "github.io", "vercel.app", "cloudfront.net"])
def test_public_suffixes(domain: str) -> None:
    assert is_public_suffix(domain)


@pytest.mark.parametrize("domain", ["", "example.com", "internal", "local", "localhost", "example.co.uk"])
def test_what_is_no_public_suffix(domain: str) -> None:
    assert not is_public_suffix(domain)


@pytest.mark.parametrize(
    ("after", "anybody"),
    [
        ("", True),
        (".com", True),
        (".github.io", True),
        ("example.com", True),  # evilexample.com
        ("-app.vercel.app", True),
        (".example.com", False),
        ("-dev.example.com", False),
        (".internal", False),
    ],
)
def test_whose_hosts_a_pattern_takes(after: str, anybody: bool) -> None:
    assert anybody_matches(after) == anybody
