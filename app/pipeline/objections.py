"""The reasons why a string that looks like an IOC is none: a code and its sentence."""

from __future__ import annotations

from enum import StrEnum


class Objection(StrEnum):
    """Why a candidate was refused. The program decides on the member, the analyst reads the value.

    A value with `{}` is a template; `refusals` fills in the top-level domain or the number.
    """

    BAD_LABEL = "a label is empty, or begins or ends with a hyphen"
    BAD_OCTETS = "an octet is a number from 0 to 255 without a leading zero"
    BAD_CVE = "a CVE has a year and four to seven digits"
    BITCOIN_CHECKSUM = "the checksum of a Bitcoin address is wrong"
    CAPITALS = "capitals as in a detection name or in program text"
    DETECTION_NAME = "a detection name"
    DIGITS_ONLY = "digits only, no hash"
    FILE_NAME = "a file name"
    GUID = "a GUID, no hash"
    HARDWARE_ADDRESS = "a hardware address"
    LEADING_ZERO = "no octet begins with a zero"
    LIST_SLICE = "a slice of a list"
    MESSAGE_ID = "a Message-ID"
    NETMASK = "a network mask"
    NO_AS_NUMBER = "no AS number has this number"
    NO_HASH_LENGTH = "{} hexadecimal digits: no hash has this length"
    NO_HOST_NAME = "no host name can be made of it"
    NO_IPV6_GROUPS = "not the groups of an IPv6 address"
    NO_IPV6_IN_BRACKETS = "no IPv6 address in the brackets"
    NO_TECHNIQUE = "no ATT&CK technique has this number"
    NO_TLD = ".{} is no top-level domain"
    NOT_FOUR_NUMBERS = "an address has four numbers"
    NUMBER_AFTER_0X = "a number after 0x, as serial numbers are written"
    NUMBER_WITH_UNIT = "a number with its unit"
    OBJECT_IDENTIFIER = "an object identifier"
    OCTET_TOO_HIGH = "no octet is above 255"
    PACKAGE_NAME = "a package name"
    PATH_PART = "a part of a path"
    PRODUCT_NAME = "a product name"
    PRODUCT_VERSION = "the version of a product"
    PROGRAM_TEXT = "a name in program text"
    PROGRAM_VARIABLE = "a variable of a program"
    RESERVED_TLD = "hardly any name under .{} is public"
    TELEPHONE_NUMBER = "a telephone number"
    TIME = "a time"
    TOO_LONG = "longer than a host name can be"
    UNDERSCORE = "no registered name has an underscore"
    UNKNOWN_TLD = "no known top-level domain"
    USER_AT_HOST = "a user and a server, no mailbox"
    USER_NAME = "a user name"
    VERSION = "a version or section number"
    VERSION_NUMBER = "a version number"
