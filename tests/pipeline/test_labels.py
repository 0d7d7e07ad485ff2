from __future__ import annotations

import pytest

from app.pipeline import extract
from tests.pipeline.found import found

MD5 = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
THIRD = "00112233445566778899aabbccddeeff"
SHA1 = MD5 + "01234567"
SHA256 = MD5 + OTHER
GUID = "38101a0b-2096-447d-96ea-a692162415ae"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"imphash: {MD5}", [f"imphash {MD5}"]),
        (f"ImpHash {MD5.upper()}", [f"imphash {MD5}"]),
        (f"Import hash = {MD5}", [f"imphash {MD5}"]),
        (f"MD5={OTHER},IMPHASH={MD5}", [f"md5 {OTHER}", f"imphash {MD5}"]),
        (f"IMPHASH={MD5},MD5={OTHER}", [f"imphash {MD5}", f"md5 {OTHER}"]),
        (f'"imphash":"{MD5}","md5":"{OTHER}"', [f"imphash {MD5}", f"md5 {OTHER}"]),
        (f'"imphash":"","md5":"{OTHER}"', [f"md5 {OTHER}"]),
        (f"[file:x-pe.imphash = '{MD5}']", [f"imphash {MD5}"]),
        (f"<imphash>{MD5}</imphash>", [f"imphash {MD5}"]),
        (f"| Imphash | `{MD5}` |", [f"imphash {MD5}"]),
        (f"{MD5} (imphash)", [f"imphash {MD5}"]),
        (f"imphash (MD5): {MD5}", [f"imphash {MD5}"]),
        (f"imphashes: {MD5}, {OTHER} and {THIRD}", [f"imphash {h}" for h in (MD5, OTHER, THIRD)]),
        (
            f"Imphash\n{MD5}\n{OTHER}\n\n{THIRD}",
            [f"imphash {MD5}", f"imphash {OTHER}", f"md5 {THIRD}"],
        ),
        (f"MD5\n{OTHER}\nImphash\n{MD5}\nSSDEEP", [f"md5 {OTHER}", f"imphash {MD5}"]),
        (f"JA3: {MD5} JA3S: {OTHER}", [f"ja3 {MD5}", f"ja3s {OTHER}"]),
        (f"JA3 fingerprint {MD5}", [f"ja3 {MD5}"]),
        (f'"ja3":{{"hash":"{MD5}","string":"771"}}', [f"ja3 {MD5}"]),
        (f'"ja3s": {{ "hash": "{MD5}" }}', [f"ja3s {MD5}"]),
        (f"tls.client.ja3={MD5} tls.server.ja3s={OTHER}", [f"ja3 {MD5}", f"ja3s {OTHER}"]),
        (f"Authentihash {SHA256}", [f"authentihash {SHA256}"]),
        (f"authentihash_sha256={SHA256}", [f"authentihash {SHA256}"]),
        (f"Authenticode SHA1: {SHA1}", [f"authentihash {SHA1}"]),
        # A name in the head of a table, or one that no hash follows, labels nothing.
        (f"Imphash MD5\n{MD5} {OTHER}", [f"md5 {MD5}", f"md5 {OTHER}"]),
        (f"MD5 | Imphash\n{MD5} | {OTHER}", [f"md5 {MD5}", f"md5 {OTHER}"]),
        (f"The sample shares its imphash with others.\n{MD5}", [f"md5 {MD5}"]),
        (f"imphash and {MD5}", [f"md5 {MD5}"]),
        (f"imphash: {SHA256}", [f"sha256 {SHA256}"]),
        (f"notimphash: {MD5}", [f"md5 {MD5}"]),
        (f"Hash: {MD5}", [f"md5 {MD5}"]),
    ],
)
def test_label_decides_on_the_type_of_a_hash(text: str, expected: list[str]) -> None:
    assert found(text) == expected


COMMIT = "a commit, no hash of a file"
ID = "an id by its key, no hash of a file"
INFO_HASH = "the info-hash of a torrent, no hash of a file"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"trace_id={MD5}", ID),
        (f"traceId: {MD5}", ID),
        (f"X-B3-TraceId: {MD5}", ID),
        (f"traceparent: 00-{MD5}-00f067aa0ba902b7-01", ID),
        (f"JSESSIONID={MD5.upper()}", ID),
        (f"Set-Cookie: PHPSESSID={MD5}; path=/", ID),
        (f"ASP.NET_SessionId={MD5}", ID),
        (f'"agent_id":"{MD5}"', ID),
        (f'{{"aid": "{MD5}", "x": 1}}', ID),
        (f'"device":{{"id":"{MD5}"}}', ID),
        (f"Device ID: {MD5}", ID),
        (f"_MACHINE_ID={MD5}", ID),
        (f"invocation id {MD5}", ID),
        (f"<CorrelationId>{MD5}</CorrelationId>", ID),
        (f"container_id={SHA256}", ID),
        (f"csrf_token={MD5}", ID),
        (f'nonce="{MD5}"', ID),
        (f"x-api-key: {MD5}", ID),
        (f'"GET /v2/{MD5}/servers HTTP/1.1"', ID),
        (f"[req-{GUID} {MD5} {MD5} - - -]", ID),
        (f"commit {SHA1}", COMMIT),
        (f"git_commit: {SHA1}", COMMIT),
        (f"GITHUB_SHA={SHA1}", COMMIT),
        (f"Revision: {SHA1}", COMMIT),
        (f"magnet:?xt=urn:btih:{SHA1}", INFO_HASH),
        (f"info_hash={SHA1}", INFO_HASH),
        (f"Info Hash: {SHA1}", INFO_HASH),
        (f"vhash: {MD5}", "a fingerprint by its key, no hash of a file"),
        (f"hassh={MD5}", "a fingerprint by its key, no hash of a file"),
        (f"rich_pe_header_hash: {MD5}", "a fingerprint by its key, no hash of a file"),
        (f"NTLM: {MD5}", "the hash of a password, no hash of a file"),
    ],
)
def test_key_says_that_hexadecimal_digits_are_no_hash_of_a_file(text: str, reason: str) -> None:
    extraction = extract(text)
    assert extraction.found == ()
    assert [miss.reason for miss in extraction.near_misses if miss.ioc] == [reason]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"file_id={SHA256}", f"sha256 {SHA256}"),
        (f'{{"data": {{"id": "{SHA256}", "type": "file"}}}}', f"sha256 {SHA256}"),
        (f"sampleId: {MD5}", f"md5 {MD5}"),
        (f"a sample with id {MD5}", f"md5 {MD5}"),
        (f"valid: {MD5}", f"md5 {MD5}"),
        (f"Android {MD5}", f"md5 {MD5}"),
        (f"said {MD5}", f"md5 {MD5}"),
        (f"trace_id=7, md5={MD5}", f"md5 {MD5}"),
        (f"session_id: {SHA1[:20]} md5: {MD5}", f"md5 {MD5}"),
        (f"the commit that dropped {MD5}", f"md5 {MD5}"),
        (f"commit, {SHA1}", f"sha1 {SHA1}"),
        (f"previous: {SHA1}", f"sha1 {SHA1}"),
        (f"/samples/{MD5}/dropper.exe", f"md5 {MD5}"),
        (f"parent process sha1 {SHA1}", f"sha1 {SHA1}"),
    ],
)
def test_other_keys_leave_a_hash_as_it_is(text: str, expected: str) -> None:
    assert found(text) == [expected]


def test_id_in_one_place_may_be_a_hash_in_another() -> None:
    assert found(f"trace_id={MD5}; md5={MD5}") == [f"md5 {MD5}"]
