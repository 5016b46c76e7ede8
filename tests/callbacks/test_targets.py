"""Whom the mock calls: this machine, and what its owner allows by name. Nothing else is even looked up."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from mockreel.domain.callbacks.targets import Policy, Target
from mockreel.server.sender import Resolver

NOT_A_URL = "only http and https URLs in ASCII, without user and password, are called"

ALLOWED = {
    "http://127.0.0.1": ("http", "127.0.0.1", 80, "/", ""),
    "https://127.0.0.1": ("https", "127.0.0.1", 443, "/", ""),
    "HTTP://LocalHost:8080/A?b": ("http", "localhost", 8080, "/A", "b"),
    "http://localhost./": ("http", "localhost", 80, "/", ""),
    "http://127.0.0.1./": ("http", "127.0.0.1", 80, "/", ""),
    "http://127.255.255.254:65535/": ("http", "127.255.255.254", 65535, "/", ""),
    "http://127.0.0.1:1/": ("http", "127.0.0.1", 1, "/", ""),
    "http://127.0.0.1:00080/": ("http", "127.0.0.1", 80, "/", ""),
    "http://[::1]:9/x": ("http", "::1", 9, "/x", ""),
    "http://[0:0:0:0:0:0:0:1]/": ("http", "0:0:0:0:0:0:0:1", 80, "/", ""),
    "http://[::FFFF:127.0.0.1]/": ("http", "::ffff:127.0.0.1", 80, "/", ""),
    "http://[::ffff:7f00:1]/": ("http", "::ffff:7f00:1", 80, "/", ""),
    "http://localhost/a#http://evil.example/": ("http", "localhost", 80, "/a", ""),
    "http://localhost#@evil.example/": ("http", "localhost", 80, "/", ""),
    "http://localhost?@evil.example/": ("http", "localhost", 80, "/", "@evil.example/"),
    "http://localhost/@evil.example": ("http", "localhost", 80, "/@evil.example", ""),
    "http://localhost//evil.example": ("http", "localhost", 80, "//evil.example", ""),
    "http://localhost/a/../../b/./c": ("http", "localhost", 80, "/a/../../b/./c", ""),
    'http://localhost/%0d%0aX:%201?q=%00&"<>{}|^`': ("http", "localhost", 80, "/%0d%0aX:%201", 'q=%00&"<>{}|^`'),
    "http://localhost/?a?b=c\\d": ("http", "localhost", 80, "/", "a?b=c\\d"),
}

REFUSED = {
    # not an http URL that can be read in one way only
    "": NOT_A_URL,
    "localhost": NOT_A_URL,
    "//localhost/": NOT_A_URL,
    "http:localhost/": NOT_A_URL,
    "http:/localhost/": NOT_A_URL,
    "http:///localhost": NOT_A_URL,
    "http://": NOT_A_URL,
    "http://:80/": NOT_A_URL,
    " http://localhost/": NOT_A_URL,
    "http://localhost/ ": NOT_A_URL,
    "http://localhost/\n": NOT_A_URL,
    "http://localhost/#\n": NOT_A_URL,
    "http://local\thost/": NOT_A_URL,
    "http://localhost/a\tb": NOT_A_URL,
    "http://localhost/a\r\nX-Injected: 1": NOT_A_URL,
    "http://localhost/\x00": NOT_A_URL,
    "http://localhost/\x7f": NOT_A_URL,
    "http://localhost\\@evil.example/": NOT_A_URL,
    "http://localhost/\\evil.example/": NOT_A_URL,
    "http:\\\\localhost\\": NOT_A_URL,
    "http://user@localhost/": NOT_A_URL,
    "http://user:secret@localhost/": NOT_A_URL,
    "http://localhost:80@evil.example/": NOT_A_URL,
    "http://localhost%00.evil.example/": NOT_A_URL,
    "http://%6cocalhost/": NOT_A_URL,
    "http://localhost:80:80/": NOT_A_URL,
    "http://localhost:8a/": NOT_A_URL,
    "http://localhost:-1/": NOT_A_URL,
    "http://localhost:+80/": NOT_A_URL,
    "http://localhost:٨٠/": NOT_A_URL,
    "http://localhost:100000/": NOT_A_URL,
    "http://[::1/": NOT_A_URL,
    "http://::1/": NOT_A_URL,
    "http://[::1]x/": NOT_A_URL,
    "http://[::1%25lo]/": NOT_A_URL,
    "http://[fe80::1%eth0]/": NOT_A_URL,
    "http://[v1.x]/": NOT_A_URL,
    "http://ⓛocalhost/": NOT_A_URL,
    "http://127。0。0。1/": NOT_A_URL,
    "http://localhost/你": NOT_A_URL,
    "file:///etc/passwd": NOT_A_URL,
    "ftp://localhost/": NOT_A_URL,
    "gopher://localhost/": NOT_A_URL,
    "javascript:alert(1)": NOT_A_URL,
    "ws://localhost/": NOT_A_URL,
    "unix:///var/run/docker.sock": NOT_A_URL,
    "http+unix://localhost/": NOT_A_URL,
    # letters that fold to ASCII ones
    "http\u017f://localhost/": NOT_A_URL,
    "http://localhost/\u212a": NOT_A_URL,
    "http://localhost/?\u0130\u0131": NOT_A_URL,
    "http://localho\u017ft/": NOT_A_URL,
    # ports
    "http://localhost:0/": "0 is no port",
    "http://localhost:65536/": "65536 is no port",
    "http://localhost:99999/": "99999 is no port",
    # what some programs take for an address and others for a name
    "http://127.1/": "127.1 is neither a name nor a well-formed address",
    "http://127.0.1/": "127.0.1 is neither a name nor a well-formed address",
    "http://2130706433/": "2130706433 is neither a name nor a well-formed address",
    "http://0x7f000001/": "0x7f000001 is neither a name nor a well-formed address",
    "http://0x7f.0.0.1/": "0x7f.0.0.1 is neither a name nor a well-formed address",
    "http://127.0.0.0x1/": "127.0.0.0x1 is neither a name nor a well-formed address",
    "http://0177.0.0.1/": "0177.0.0.1 is neither a name nor a well-formed address",
    "http://017700000001/": "017700000001 is neither a name nor a well-formed address",
    "http://127.0.0.01/": "127.0.0.01 is neither a name nor a well-formed address",
    "http://127.0.0.256/": "127.0.0.256 is neither a name nor a well-formed address",
    "http://127.0.0.1.1/": "127.0.0.1.1 is neither a name nor a well-formed address",
    "http://0/": "0 is neither a name nor a well-formed address",
    "http://[1:2]/": "1:2 is neither a name nor a well-formed address",
    "http://.": "the URL has no host that could be called",
    "http://.../": "the URL has no host that could be called",
    "http://" + "a" * 254 + "/": "the URL has no host that could be called",
    "http://localhost/" + "a" * 2048: "the URL is longer than 2048 characters",
}

BEYOND = [
    "0.0.0.0",
    "[::]",
    "[::ffff:0.0.0.0]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "224.0.0.1",
    "255.255.255.255",
    "8.8.8.8",
    "128.0.0.1",
    "126.255.255.255",
    "[::2]",
    "example.com",
    "localhost.example.com",
    "notlocalhost",
    "localhost.localdomain",
    "ip6-localhost",
    "127.0.0.1.nip.io",
    "metadata.google.internal",
    "xn--lcalhost-n0a",
    "_",
    "-",
]


@pytest.mark.parametrize("url", ALLOWED)
def test_this_machine_is_called_as_it_is_written(url: str) -> None:
    target = Policy().judge(url)
    assert isinstance(target, Target)
    assert (target.scheme, target.host, target.port, target.path, target.query) == ALLOWED[url]
    read = URL(target.url, encoded=True)
    assert (read.scheme, read.host, read.port) == (target.scheme, target.host, target.port)
    assert read.raw_path_qs == target.path + (f"?{target.query}" if target.query else "")


@pytest.mark.parametrize("url", REFUSED, ids=lambda url: ascii(url)[:40])
def test_what_can_be_misread_is_refused_and_the_reason_is_told(url: str) -> None:
    assert Policy().judge(url) == REFUSED[url]


@pytest.mark.parametrize("url", REFUSED, ids=lambda url: ascii(url)[:40])
def test_no_allowance_lets_through_what_can_be_misread(url: str) -> None:
    assert Policy(["*", "0.0.0.0/0", "::/0"]).judge(url) == REFUSED[url]


@pytest.mark.parametrize("host", BEYOND)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_beyond_this_machine_is_called_unless_it_is_allowed(host: str, scheme: str) -> None:
    name = host.strip("[]")
    assert Policy().judge(f"{scheme}://{host}:80/x") == (
        f"{name} is not allowed: only this machine is called; allow it by name with --allow-host {name}"
    )


@pytest.mark.parametrize("host", BEYOND)
def test_the_allowance_that_a_refusal_names_lets_the_url_through(host: str) -> None:
    refusal = Policy().judge(f"http://{host}/")
    assert isinstance(refusal, str)
    entry = refusal.rpartition(" ")[2]
    assert isinstance(Policy([entry]).judge(f"http://{host}/"), Target)


@pytest.mark.parametrize(
    ("entry", "allowed", "refused"),
    [
        ("10.0.0.5", ["10.0.0.5", "[::ffff:10.0.0.5]"], ["10.0.0.6", "name.example"]),
        ("10.0.0.0/8", ["10.255.0.1"], ["11.0.0.1", "192.168.0.1"]),
        (
            "private",
            ["10.0.0.1", "172.31.0.1", "192.168.0.1", "[fd00::1]"],
            ["172.32.0.1", "169.254.169.254", "8.8.8.8"],
        ),
        ("PRIVATE", ["10.0.0.1"], ["8.8.8.8"]),
        ("fd00::/8", ["[fd12::1]"], ["[fc00::1]", "10.0.0.1"]),
        ("[2001:db8::1]", ["[2001:db8::1]", "[2001:db8:0:0::1]"], ["[2001:db8::2]"]),
        ("host.docker.internal", ["host.docker.internal", "HOST.docker.internal."], ["x.host.docker.internal"]),
        (" Host.Docker.Internal. ", ["host.docker.internal"], ["docker.internal"]),
        (
            "*.example.com",
            ["a.example.com", "a.b.example.com"],
            ["example.com", "xexample.com", "a.example.com.evil.org"],
        ),
        ("hook?.test", ["hook1.test"], ["hook.test", "hook12.test"]),
        ("*", ["anything.example"], ["10.0.0.1", "8.8.8.8", "[fd00::1]"]),
        ("0.0.0.0/0", ["8.8.8.8", "169.254.169.254"], ["name.example", "[2001:db8::1]"]),
    ],
)
def test_each_form_of_allowance_allows_what_it_says_and_nothing_more(
    entry: str, allowed: list[str], refused: list[str]
) -> None:
    policy = Policy([entry])
    assert [host for host in allowed if isinstance(policy.judge(f"http://{host}/"), str)] == []
    assert [host for host in refused if isinstance(policy.judge(f"http://{host}/"), Target)] == []


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        ".",
        "http://example.com",
        "example.com:8080",
        "example.com/path",
        "user@example.com",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.256/8",
        "::1/129",
        "exa mple.com",
        "bücher.example",
        "a\nb",
        "[a-z].example.com",
        "x" * 254,
        "2130706433",
        "127.1",
        "0x7f000001",
        "10.0.0.256",
        "*:*",
    ],
)
def test_an_allowance_that_can_allow_nothing_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"a host to allow is a name, a glob .* or private; got '"):
        Policy([entry])


ADMITTED = [
    # allowances, the host that was asked for, the address it is at, whether it is called there
    ([], "localhost", "127.0.0.1", True),
    ([], "localhost", "::1", True),
    ([], "localhost", "10.0.0.1", False),
    ([], "localhost", "8.8.8.8", False),
    (["hook.test"], "hook.test", "8.8.8.8", True),
    (["hook.test"], "hook.test", "10.0.0.1", True),
    (["hook.test"], "hook.test", "127.0.0.1", True),
    (["hook.test"], "hook.test", "169.254.169.254", False),
    (["hook.test"], "hook.test", "::ffff:169.254.169.254", False),
    (["hook.test"], "hook.test", "fe80::1", False),
    (["hook.test"], "hook.test", "fe80::1%eth0", False),
    (["hook.test"], "hook.test", "0.0.0.0", False),
    (["hook.test"], "hook.test", "::", False),
    (["hook.test"], "hook.test", "224.0.0.1", False),
    (["hook.test"], "hook.test", "255.255.255.255", False),
    (["hook.test", "169.254.0.0/16"], "hook.test", "169.254.169.254", True),
    (["*.test"], "a.test", "8.8.8.8", True),
    (["*.test"], "a.test", "2606:4700::1111", True),
    (["*.test"], "a.test", "10.0.0.1", False),
    (["*.test"], "a.test", "::ffff:10.0.0.1", False),
    (["*.test"], "a.test", "100.64.0.1", False),
    (["*.test"], "a.test", "fd00::1", False),
    (["*.test"], "a.test", "169.254.169.254", False),
    (["*.test", "private"], "a.test", "10.0.0.1", True),
    (["*.test", "private"], "a.test", "169.254.169.254", False),
    (["*.test", "a.test"], "a.test", "10.0.0.1", True),
]


@pytest.mark.parametrize(("allow", "host", "address", "is_called"), ADMITTED)
def test_an_allowed_name_is_called_only_where_it_may_be(
    allow: list[str], host: str, address: str, is_called: bool
) -> None:
    assert Policy(allow).admits(host, address) is is_called


class Names:
    """A name service that says what a test wants, and remembers what it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int, **_options: Any) -> list[Any]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in found
        ]


def resolve(policy: Policy, names: Names, *hosts: str) -> list[list[str] | str]:
    """Return what the sender's resolver makes of each host: addresses, or the words it refuses with."""

    async def ask() -> list[list[str] | str]:
        asyncio.get_running_loop().getaddrinfo = names  # type: ignore[method-assign]
        resolver = Resolver(policy)
        found: list[list[str] | str] = []
        for host in hosts:
            try:
                found.append([str(entry["host"]) for entry in await resolver.resolve(host, 80)])
            except OSError as error:
                found.append(error.strerror or str(error))
        return found

    return asyncio.run(ask())


def test_a_name_is_called_at_its_admitted_addresses_only() -> None:
    names = Names(["10.0.0.1", "8.8.8.8", "169.254.169.254", "8.8.8.8"])
    assert resolve(Policy(["*.test"]), names, "a.test") == [["8.8.8.8"]]


def test_a_name_that_leads_somewhere_else_at_the_second_look_is_judged_at_each_look() -> None:
    names = Names(["8.8.8.8"], ["169.254.169.254"], ["10.0.0.1", "fd00::1"])
    assert resolve(Policy(["*.test"]), names, "a.test", "a.test", "a.test") == [
        ["8.8.8.8"],
        "a.test is 169.254.169.254, which is not allowed; see --allow-host",
        "a.test is 10.0.0.1, fd00::1, which is not allowed; see --allow-host",
    ]


def test_localhost_is_never_looked_up() -> None:
    names = Names(["8.8.8.8"])
    assert resolve(Policy(), names, "localhost") == [["127.0.0.1", "::1"]]
    assert names.asked == []


hosts = st.one_of(
    st.sampled_from(["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "evil.example"]),
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.ip_addresses(network="127.0.0.0/8").map(str),
    st.from_regex(r"[a-z0-9.:\[\]@\\%_-]{0,20}", fullmatch=True),
    st.text(max_size=12),
)
urls = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["http://", "https://", "HTTP://", "http:", "//", "http:///", "http://a@", "ftp://"]),
        hosts,
        st.one_of(st.just(""), st.integers(-1, 99_999).map(lambda port: f":{port}")),
        st.one_of(st.just(""), st.text(max_size=8).map(lambda text: f"/{text}"), st.just("/x")),
        st.one_of(st.just(""), st.text(max_size=8).map(lambda text: f"?{text}"), st.text(max_size=8)),
    ),
)


@given(url=urls)
@example("http\u017f://127.0.0.1/")
@example("http://127.0.0.1/\u212a")
def test_whatever_is_let_through_is_this_machine_for_every_reader(url: str) -> None:
    target = Policy().judge(url)
    if isinstance(target, str):
        assert target
        return
    read = URL(target.url, encoded=True)
    assert (read.host, read.port, read.scheme) == (target.host, target.port, target.scheme)
    assert target.scheme in ("http", "https")
    assert target.url.isascii()
    assert target.url.isprintable()
    if target.host != "localhost":
        address = ip_address(target.host)
        assert (getattr(address, "ipv4_mapped", None) or address).is_loopback


@given(url=urls, allow=st.lists(st.sampled_from(["*", "*.test", "private", "::/0", "0.0.0.0/0"]), max_size=3))
def test_whatever_is_let_through_is_read_alike_by_the_sender(url: str, allow: list[str]) -> None:
    target = Policy(allow).judge(url)
    if isinstance(target, Target):
        read = URL(target.url, encoded=True)
        assert (read.host, read.port) == (target.host, target.port)


@given(host=st.text(max_size=30), found=st.ip_addresses().map(str))
def test_what_is_not_global_is_admitted_for_no_name_that_only_a_glob_allows(host: str, found: str) -> None:
    if Policy(["*"]).admits(host, found):
        address = ip_address(found)
        address = getattr(address, "ipv4_mapped", None) or address
        assert address.is_loopback or address.is_global
        assert not address.is_multicast
