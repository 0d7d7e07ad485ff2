"""The vocabulary of the classifier: the words by which names with dots are seen to be no hosts.

Many top-level domains are also file extensions, words of programs, or units. Each set says what
the classifier takes from it; a false hit or a lost one in a real report is usually mended here.
"""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text that are separated by white space."""
    return frozenset(words.split())


FILE_TLDS = word_set("zip mov md py sh rs so cab cat pub docs properties dot inc")
"""Top-level domains that are file extensions first: a name that is not defanged is a file."""

SHARED_TLDS = word_set("pl ps cc ml mk pm am in la st tf ms cl")
"""Top-level domains that are file extensions too: the rest of the name decides."""

FILE_STEMS = word_set(
    """
a agent app archive attachment backdoor backup build client cmd code config configure css data
decode decrypt demo deploy document download dropper dump encode encrypt env evil example exploit
file fix functions get global handler hello helper hook image include index init injector input
install installer invoice job keylogger lib license list load loader log login mail main make
makefile malware miner module new output package patch payload photo poc post postinst preinst
process program query readme report request requirements rootkit routine run runme sample scan
scanner script search send server service setup shell stage start stop sync temp template test tmp
tool tools update upload user util utils version video virus webshell worker
"""
)
"""First words of file names, as analysts meet them."""

INNER_EXTENSIONS = word_set(
    """
bat css csv dll doc docm docx downloaded eml exe gif htm html ini iso jar jpeg jpg js json lnk log
min mp3 mp4 msi pdf php png ppt pptx ps1 rar rtf scr svg tar tmp txt vbs xls xlsm xlsx xml
"""
)
"""File extensions that are no top-level domains: before the last label, they show a file."""

FILE_EXTENSIONS = INNER_EXTENSIONS | word_set(
    """
7z apk asp aspx bin bmp cfg chm class cmd com conf cpl crx dat db dbx deb dmg docb dotm drv
dylib elf eml gz hta ico img inf ipa jpe jse jsp key lib lua mdb mht msg msix msp o ocx odt one
ova pcap pem pif pkg plist png potm pptm ps1xml psm1 py pyc rdp reg rpm sct so sql svg swf sys
url vbe vhd vhdx wasm wav wim wsf xap xlam xlsb xltm xpi yar yml zipx
"""
)
"""The extensions of the files that analysts meet."""

MEMBER_TLDS = word_set(
    """
active app as call cat cc click codes company data date day direct directory domains email events
fail fit free game ge global group gt guide help host id in info int io is limited link live loan
lt map media menu mobile moe ne net network new now one onl online open page parts pe phone photo
pics pid pin ping place play plus post press prime pro prod prof properties property protection
pub read report rest review room run safe save security select services settings shell show site
solutions space store stream studio support systems tab target team tips to today tools top total
trade training video vote watch win work works world zero zone
"""
)
"""Top-level domains that are also names of members in programs and of log fields."""

RESERVED_WORD_TLDS = word_set(
    """
abc android auto azure beats bing boo call case cat channel chrome data day docs dot drive esq
family final fly foo got hotmail how ing int java like map meme microsoft mov name new next nexus
now office open pin ping play post prime prod prof progressive read rsvp save search seek select
shell skype sling song spot style tab talk target tunes weather windows xbox zero
"""
)
"""Top-level domains that are everyday words and have next to no public names below them."""

SELF_NAMES = word_set("cls self this")
"""The names of the current object in programs."""

CODE_OBJECTS = word_set(
    """
action activexobject adodb agent alert android arg args arguments arr array asyncio attempt attr
axios body buf buffer builtins button cfg child client cloud cmd collections config conn console
const container context cookie core ctx cursor data date datetime db destination device df div dns
doc document ds dst e el elem element email entry enum env err error ev event evt exports express
field file files filesystem flask form fs fso func function global globals group header headers
host hr http https img importlib input instance io item items java javax json kernel kernel32 key
kwargs li lib link list local location log logger logging map math mem message meta mod model
module monitor msg msxml msxml2 navigator net network node np ntdll obj object observer op
operator option options opts orchestrator org organization os output package page param params
parent path payload pd pkg player plugin process prop props ps py query registry rel req request
requests res resp response result results root row rule run schedule scripting self sender server
service services session settings shell sock socket source span sql src state stdin stdout store
str stream string style subprocess svc sys system table target task td temp text this thread
threading threat time tls tmp token tr true typing ui unittest url urllib user user32 users util
utils val value var vm volume vulnerability web win32 window winhttp winlog wmi ws wscript x509
xhr xml xmlhttp xmlhttprequest
"""
)
"""The words before the dot in program text and in fields of log schemas."""

CODE_NAMES = word_set(
    """
ado.net asp.net java.io java.net javax.net ml.net socket.io system.io system.net vb.net
"""
)
"""Program names that end in a top-level domain like any other."""

DETECTION_WORDS = word_set(
    """
adware agent android backdoor banker bot coinminer downloader dropper exploit gen generic hacktool
heur html infostealer js keylogger linux malware msil osx packed phishing psw pua pup ransom
ransomware riskware rootkit spy spyware stealer suspicious tool trj trojan trojandownloader
trojandropper trojanspy tspy variant vbs virtool virus w32 w64 win32 win64 wingo worm
"""
)
"""The words of which anti-virus products build the names of detections."""

PLATFORM_WORDS = word_set("w32 w64 win32 win64 msil")
"""Detection words that no host name has as a label, in capitals or not."""

COMMON_TLDS = word_set(
    """
arpa asia biz club com edu example gov info int internal invalid live local localhost mil mobi net
onion online org pro shop site space store test top website xyz
"""
)
"""Top-level domains that are no last word of a package name."""

REVERSED_STARTS = word_set("com org net io edu gov android java javax")
"""First labels of names written backwards, as packages are."""

UNIT_TLDS = word_set("am cm gb in kg km mg ml mm ms ns pm ps st tb")
"""Top-level domains that are units, or "am" and "pm": after a number they make no name."""
