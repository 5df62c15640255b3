"""Passwords beside their names: "Netflix password - hunter22", "user anna, pass hunter22"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sealmate.edits.lexicon import LIGHT
from sealmate.edits.whose import OWN, for_guests

REDACTED = "[secret]"
Place = tuple[int, int]  # where a secret starts and ends

_PASSWORD = r"(?:pass[ -]?(?:word|wort|phrase|code)s?|passwd|pwd|pw|kennwort)"
_SIGN = r"(?::=|=>|->|→|[:=：])"
_THING = r"[^\s:=,.;]+(?:[ ][^\s:=,.;]+)?"
_NAMED = re.compile(
    rf"""
    (?<![^\W_])
    (?P<name> {_PASSWORD} | (?<=_)pass
      | (?:api|access|secret|private|auth|license|licence|encryption|recovery|backup|client|account)
        [ _-]?(?:key|token|secret|code)s?
      | secret | token | mot[ ]de[ ]passe | contraseña | wachtwoord )
    (?:["'](?!s\b))? (?:\*\*|__)?
    (?: \s+(?:for|of|to|on|at|in)\s+[^\s:=,.;]+(?:\s+[^\s:=,.;]+){{0,3}}?
      | [ \t]+(?:for|of|to)[ \t]+{_THING}(?:,[ ]{_THING}){{0,6}},?[ ](?:and|&)[ ]{_THING}
      | [ ]?\([^()\n]{{1,30}}\)
      | (?P<loose> (?:[ \t]+[^\s:=,.;]+){{1,3}}?(?=[ \t]*{_SIGN}) ) )?
    (?P<link> \s*{_SIGN}(?:\*\*|__)?\s*
      | (?P<dash> [ \t]+[-–—][ \t]+ )
      | (?P<anew> \s+(?:(?:is|are|was|were|got|now|has|have|been)\s+){{0,2}}
          (?:changed|set|reset|updated|switched)\s+(?:\w+\s+)?to\s*:?\s+ )
      | (?P<onto> \s+to\s*:?\s+ )
      | (?:['’]s|\s+(?:is|ist|are|was|will[ ]be))(?:\s+now)?\s*:?\s* )
    (?P<value> "[^"\n]{{4,}}" | '[^'\n]{{4,}}' | `[^`\n]{{4,}}` | [^\s,;]{{4,}} )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "Netflix password hunter22", "| password | hunter22 |", "pass: hunter22"; but not a bus pass
_BESIDE = re.compile(
    rf"""
    (?: (?<![^\W_]) {_PASSWORD} (?:[ \t]*\||\.)? [ \t]+
      | (?<![^\W_]) {_PASSWORD} [ \t]+ (?:for|of|to|at) (?:[ \t]+[^\s:=,.;]+){{1,3}}? [ \t]+
      | (?: ^ | [,;(|] | \b(?:user(?:name)?|login|e-?mail|name|id)\b [^\n]{{0,60}} \s ) [ \t>*-]*
        pass [ \t]* [:=] [ \t]*
      | \b(?:user(?:[ -]?name)?|log-?in|e-?mail|account)\b
        (?: [^\n]{{0,60}}? (?:[,;/|&]|\sand) | :?[ \t]+\S+ )
        [ \t]* pass [ \t]+ )
    ["'`]? (?P<value> [^\s|,;"'`]{{6,}} )
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
# "phone password 482193", but no year
_DIGITS = re.compile(
    rf"(?<![^\W_])(?!pass[ -]?code){_PASSWORD}[ \t]+(?P<value>(?!(?:19|20)\d\d\b)\d{{4,8}})"
    r"(?=[ \t]*(?:[.,;!)]|$|\n))(?![.,]\d)",
    re.IGNORECASE,
)
# "hunter22 is the Netflix password", "hunter22 (Netflix password)"
_TURNED = re.compile(
    rf"""
    (?<!\S) ["'`]? (?P<value> [^\s|,;"'`()]{{6,}} ) ["'`]?
    (?: [ \t]+is[ \t]+(?:the|my|our)[ \t]+ | [ \t]+\( | [ \t]*=[ \t]*(?:the|my|our)[ \t]+ )
    (?: [^\s:=,.;()]+[ \t]+ ){{0,3}}? {_PASSWORD} (?= [ \t]* (?: [).,;!] | $ | \n | for\b | of\b ) )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "Netflix: anna@mail.com / hunter22", "Login: anna / hunter22"
_PAIR = re.compile(
    r"""
    (?: (?<![\w.+-])(?P<mail>[\w.+-]{1,64})@[\w-]+(?:\.[\w-]+)+
        (?: [ \t]*[/|:][ \t]* | (?P<weak> [ \t]+[-–—][ \t]+ | ,[ \t]+ ) )
      | (?i:\b(?:log-?in|user(?:[ -]?name)?|account)) (?:[ \t]*[:=]|[ \t]+is) [ \t]*
        [^\s/|]+ [ \t]*[/|][ \t]* )
    (?P<value> (?=\S*[a-z]{2}) [^\s,;|]{6,} ) (?= [ \t]*(?:[,;|]|$) )
    """,
    re.VERBOSE | re.MULTILINE,
)
# Letters and digits in one, as no word has them; but not 15min.
CHOSEN = re.compile(r"(?!\d+(?:[.,:]\d+)?[a-z]{1,7}\W*$)(?=\S*[^\W\d_]{2})(?=\S*\d)\S+")
_SENTENCE = re.compile(r"[^,;\n]*?(?=[,;\n]|[.!?]\s|(?<![.?)])[.?)]*$)!?", re.MULTILINE)
# How a hint begins, instead of a password.
_HINT = re.compile(
    r"ask|see|call|ring|tell|get|find|use|check|look|kept|written|same|changed|forgotten|lost|none"
    r"|unknown|never|ends|starts|begins|something|another|different|printed|keep|change|done|tbd"
    r"|todo|usual|n/a"
)
# What four small words speak of that tell where a password is, or how it is made.
_WHERE = re.compile(
    r"(?i)\b(?:drawer|notebook|folder|safe|desk|envelope|page|paper|manager|vault|fridge|shelf|wall"
    r"|characters?|letters?|digits?|numbers?|birthday|plus|minus|year|knows?|expires?|reset|needed"
    r"|bitwarden|keepass\w*|1password)\b"
)
_PLACES = re.compile(
    r"(?i)(?:room|apt|flat|house|haus|class|klasse|year|grade|unit|floor|level|suite|block|hall|gate"
    r"|studio|platform|zone|seat|page)\d{1,4}[a-z]?"
)
_ACCOUNTS = re.compile(r"(?i)\S*(?:konto|account|giro|depot|savings)\S*")
_TICKET = re.compile(
    r"(?i)\b(?:swim\w*|pool|season|ski|bus|train|travel|museum|zoo|gym|valid|member\w*)\b"
)
CHANGING = re.compile(r"(?i)\b(?:chang|set|reset|updat|switch)\w*\b[^.\n]*$")
_GOES_ON = re.compile(
    rf"(?i)[ \t]+(?:(?:and|or)[ \t]+(?:[^\s:=,.;]+[ \t]+){{0,3}}?(?:{_PASSWORD}|pins?|puk"
    r"|user(?:name)?|log-?in|e-?mail)\b|is[ \t]+(?:what|for|my|the)\b|since\b)"
)
_FAR = 200  # characters around a password that may tell what it is of
# What stands behind "password" and is told by the sign: not the password itself.
_ASIDE = re.compile(
    r"(?i)\b(?:user(?:name)?|log-?in|e-?mail|mail|name|id|since|date|hint|safe|manager)$"
)
_WORD = re.compile(rf"(?i)(?<![^\W_])(?:{_PASSWORD}|pass)(?![^\W_])")
_CAMEL = re.compile(r"[a-z][A-Z]")
_AT_END = re.compile(r"[ \t]*(?:[.,;!)]|$|\n)")


def find_passwords(text: str) -> Iterator[Place]:
    """Where the values of what is named a password, key or token stand, in no order."""
    for match in _NAMED.finditer(text):
        yield from _named(match)
    for match in _BESIDE.finditer(text):
        yield from _beside(match)
    for match in _DIGITS.finditer(text):
        if not for_guests(text, match.start(), match.start("value")):
            yield match.span("value")
    for match in _TURNED.finditer(text):
        if CHOSEN.fullmatch(match["value"]) and not for_guests(
            text, match.end("value"), match.end()
        ):
            yield match.span("value")
    for match in _PAIR.finditer(text):
        if "://" not in match["value"] and "@" not in match["value"] and not _is_contact(match):
            yield from _beside(match)


def no_prose(words: Sequence[str]) -> bool:
    """Whether words may be a password of several words; not "ask Anna", "in the red notebook"."""
    low = [word.casefold() for word in words]
    return LIGHT.isdisjoint(low) and not _HINT.fullmatch(low[0]) and REDACTED not in low


def _named(match: re.Match[str]) -> Iterator[Place]:
    """The value after "password:"; after "password is" only if it does not look like prose."""
    value, start = match["value"], match.start("value")
    if value[0] in "\"'`" and value[-1] == value[0] and len(value) > 2:
        value, start = value[1:-1], start + 1
    else:
        value = value.rstrip(".!?)")
        if _HINT.fullmatch(value.lstrip("(").casefold()) or not any(map(str.isalnum, value)):
            return
    rest = _rest(match)
    if len(value) < 4 or value.startswith(("[secret", "//")) or rest.startswith(" [secret"):
        return
    if for_guests(match.string, match.start("name"), match.start("link")):
        return
    name = match["name"].casefold()
    if match["loose"] and (_ASIDE.search(match["loose"]) or not CHOSEN.fullmatch(value)):
        return
    if _is_assignment(match) and name.startswith("pass") and start == match.start("value"):
        several = list(_several(match)) if name.endswith("s") else []
        several_hidden = REDACTED in rest or value.endswith(":")
        if several or (name.endswith("s") and several_hidden):
            yield from several
            return
        if phrase := _phrase(match):
            yield start, start + phrase
            return
    written = any(letter.isdigit() or not letter.isalpha() for letter in value)
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    # The access code of a door is for people.
    if "code" in name and not re.match(_PASSWORD, name) and not (mixed and len(value) >= 8):
        return
    quoted = bool(match["value"][0] in "\"'`")
    if not (_is_assignment(match) or quoted or _is_said(match, value, written)):
        return
    if name in ("secret", "token") and not (written and len(value) >= 8):
        return
    # "License key: Windows 11", "recovery key: Anna has it"
    if "key" in name and not (mixed and len(value) >= 7) and not (len(value) >= 8 and written):
        return
    if _is_prose(match, value):
        return
    value += "!" * (mixed and match["value"][len(value) :].startswith("!"))
    yield start, start + len(value)


def _is_said(match: re.Match[str], value: str, written: bool) -> bool:
    """Whether what stands behind "is", "changed to" or a dash looks like a password."""
    before, rest = match.string[max(0, match.start() - _FAR) : match.start()], _rest(match)
    if match["onto"] and not CHANGING.search(before):
        return False
    ends = match["value"] != value or bool(_AT_END.match(rest))
    if value.isdigit():
        return ends and not match["dash"]
    if written or _CAMEL.search(value):
        return bool(CHOSEN.fullmatch(value)) if match["dash"] or match["onto"] else True
    if not re.match(_PASSWORD, match["name"], re.IGNORECASE) or not no_prose([value]):
        return False
    # A single word at the end is one; where a dash only parts two thoughts, "password" does not
    # begin the line.
    last = match["value"] != value or not rest.strip()
    begins = len(before.rpartition("\n")[2].split()) < 2
    if value[0].isupper() and len(value) >= 5 and not match["dash"]:
        return last
    return (
        last
        and len(value) >= 6
        and bool(match["anew"] or match["onto"] or match["dash"])
        and (begins or not match["dash"])
    )


def _beside(match: re.Match[str]) -> Iterator[Place]:
    """The value beside a name that no sign links to it, if no word looks like it."""
    value, start = match["value"].rstrip(".?)"), match.start("value")
    if not CHOSEN.fullmatch(value) or _is_ticket(match, value):
        return
    named = [found.start() for found in _WORD.finditer(match.string, match.start(), start)]
    if not for_guests(match.string, named[-1] if named else match.start(), start):
        yield start, start + len(value)


def _is_ticket(match: re.Match[str], value: str) -> bool:
    """Whether "Pass: Family2026" is one for the pool, as what stands around it tells."""
    around = match.string[max(0, match.start() - _FAR) : match.end() + _FAR]
    bare = re.fullmatch(r"(?i)\W*pass\W*", match.string[match.start() : match.start("value")])
    return bool(bare and re.fullmatch(r"[A-Z][a-z]+20\d\d", value) and _TICKET.search(around))


def _is_contact(match: re.Match[str]) -> bool:
    """Whether what stands behind an address or a name is no password: the room of somebody whose
    name the address has, or another name of an account."""
    value = match["value"]
    if not value.isalnum():
        return False
    if _PLACES.fullmatch(value) or _ACCOUNTS.fullmatch(value):
        return True
    if not match["weak"]:
        return False
    line = match.string[max(0, match.start() - _FAR) : match.start()].rpartition("\n")[2]
    mail = match["mail"].casefold()
    label = re.split(r"[,:;–]|\s-", line.rstrip(" \t,:;–-"))[-1]
    label = re.sub(r"(?i)^\W*(?:e-?mail|mail)\b", "", label)
    if OWN.search(label) or re.search(r"['’]s\b", label):
        return False
    return any(len(word) > 2 and word in mail for word in re.findall(r"\w+", label.casefold()))


def _several(match: re.Match[str]) -> Iterator[Place]:
    """The last words of a list: "passwords: gmail hunter22, netflix s3cret!"."""
    line = match["value"] + _rest(match)
    for item in re.finditer(r"[^,;]+", line):
        words = item.group().rstrip(" .?)").split()
        if words and CHOSEN.fullmatch(words[-1]) and no_prose(words):
            end = match.start("value") + item.start() + len(item.group().rstrip(" .?)"))
            yield end - len(words[-1]), end


def _phrase(match: re.Match[str]) -> int:
    """How long a value of several words is, 0 for one word or prose: "Maple Tree 42!"."""
    found = _SENTENCE.match(match.string, match.start("value"))
    phrase = found.group() if found else ""
    words = phrase.split()
    if not 1 < len(words) <= 8 or not no_prose(words):
        return 0
    if all(word.isalpha() and word.islower() for word in words):
        after = match.string[found.end() : found.end() + 1] if found else ""
        alone = after in ("", "\n", "\r", ".") and not _WHERE.search(phrase)
        secret = len(words) > (2 if "phrase" in match["name"].casefold() else 3) and alone
    elif words[0].islower() and words[-1].isdigit():
        secret = False  # "notebook page 12"
    else:
        secret = any(map(str.isdigit, words[-1]))
    return len(phrase) if secret else 0


def _rest(match: re.Match[str]) -> str:
    """What stands behind in the same line."""
    end = match.string.find("\n", match.end())
    return match.string[match.end() : end if end >= 0 else None]


def _is_assignment(match: re.Match[str]) -> bool:
    return re.fullmatch(_SIGN, match["link"].strip(" \t\r\n*_")) is not None


def _is_prose(match: re.Match[str], value: str) -> bool:
    """ "Password: ask Anna" tells no password; "password: hunter" does."""
    if not (value.isalpha() and value.islower() and match["value"][0] not in "\"'`"):
        return False
    if _GOES_ON.match(match.string, match.end()):
        return False
    return bool(re.compile(r" +[a-zA-Z]{2,}").match(match.string, match.end()))
