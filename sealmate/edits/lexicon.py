"""The word lists of the checks."""

from __future__ import annotations


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Words that carry nothing of an answer. Prepositions that tell places or times apart (behind,
# under, before, after) are not among them.
LIGHT = frozenset(
    _listed(
        """
    a an the this that these those my mine our ours your yours his her hers its their theirs
    own and is are was were be been being am do does did has have had having will would
    shall should can could may might must it he she they we i you me him us them of to in on
    at for by with from as into onto about around approximately approx roughly just only
    also too very so there here each every per some any which who whom whose what when where
    why how than then until till within inside called named o'clock clock please quite
    really still already always such
    """
    )
)
NEGATIONS = frozenset(
    _listed(
        """
    not no never without cannot
    """
    )
)
MONTHS = _listed(
    """
    january february march april may june july august september october november december
    """
)
WEEKDAYS = _listed(
    """
    monday tuesday wednesday thursday friday saturday sunday
    """
)
TITLES = frozenset(
    _listed(
        """
    mr mrs ms miss dr prof professor sir st mx rev fr sr jr mme frau herr
    """
    )
)
PARTICLES = frozenset(_listed("van de der den von la le du da di dos del ten ter bin ibn al el"))
UNITS = frozenset(
    _listed(
        """
    euro pound dollar percent kilogram gram kilometre metre centimetre millimetre litre
    millilitre minute hour second degree day week month year mile crown franc cent
    """
    )
)
# What may be written onto a number without a space.
DIGIT_UNITS = frozenset(
    _listed(
        """
    kg g km m cm mm l ml h min mins am pm hrs k c f st nd rd th x s
    """
    )
)
POINTING = frozenset(
    _listed(
        """
    it he she they him her them this that these those there here so i you we one
    """
    )
)
YES_NO = frozenset(
    _listed(
        """
    yes no yeah nope yep ja nein
    """
    )
)
# Words that count without being numbers.
COUNTING = {"dozen": "12", "twice": "2", "both": "2", "pair": "2", "once": "1"}
# No words of the calendar in small letters.
DOUBTFUL = frozenset(
    _listed(
        """
    may march mar sun sat wed
    """
    )
)
# What often follows a name at the start of a sentence.
VERBS = frozenset(
    _listed(
        """
    would could should might ate went drew borrowed
    is was has had will can may must does did said says lives lived works worked wants likes
    owns keeps plays pays needs asks asked told gave gives brings comes came goes went costs
    opens closes runs makes made sells sold bought wrote left takes took called calls never
    always
    """
    )
)
PLACING = frozenset(
    _listed(
        """
    behind under above below beneath beside near opposite inside outside over between
    against before after until on in at by with without from next along across through
    within
    """
    )
)
DETERMINERS = frozenset(
    _listed(
        """
    a an the my our his her its their your this that these those no every each some both
    """
    )
)
DAYTIME = frozenset(
    _listed(
        """
    morning mornings afternoon afternoons evening evenings night nights noon pm am
    """
    )
)
PAST = frozenset(
    _listed(
        """
    did was were had came went ate won said told bought sold wrote took left gave brought found
    lost met saw made got fell broke paid sent spoke sang ran began became chose drove flew
    """
    )
)
# Words that point at something said before.
POINTING_BACK = frozenset(
    _listed(
        """
    he she it they him her them his hers its their theirs this that these those there then
    one ones same other another else
    """
    )
)
ASKING = frozenset(
    _listed(
        """
    who whom whose what when where why how which is are was were do does did can could has
    have will would should may must in on at for from to with by under of about after before
    during until behind
    """
    )
)
# Pronouns for who does it, to whom it is done and whose it is, each with the person meant.
PERSONS = (
    {"i": "I", "we": "I", "you": "you", "he": "he", "she": "she", "they": "they"},
    {"me": "I", "us": "I", "you": "you", "him": "he", "her": "she", "them": "they"},
    {"my": "I", "mine": "I", "our": "I", "ours": "I", "your": "you", "yours": "you", "his": "he",
     "her": "she", "hers": "she", "their": "they", "theirs": "they"},
)  # fmt: skip
# What leads one way and what leads the other.
OPPOSED = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        ("to into onto towards toward for until", "from off out"),
        ("to for", "by"),
        ("before", "after since"),
        ("with", "without"),
    )
)
# What stands before a word to say what it has to do with the rest.
LINKS = PLACING | frozenset(
    _listed("to of for about as than into onto towards toward off out since")
)
ALTERNATIVE = frozenset(
    _listed(
        """
    or either and/or alternatively
    """
    )
)

# Other spellings of one word; the first of a group stands for all.
SAME = {
    form: group.split()[0]
    for group in (
        "euro euros eur €",
        "pound pounds gbp £",
        "dollar dollars usd $",
        "percent %",
        "kilogram kg kilo kilos kilograms kilogramme",
        "gram g gr grams gramme grammes",
        "kilometre km kilometres kilometer kilometers",
        "metre m metres meter meters",
        "centimetre cm centimetres centimeter centimeters",
        "millimetre mm millimetres millimeter",
        "litre l litres liter liters",
        "millilitre ml millilitres",
        "minute min mins minutes",
        "hour hr hrs hours",
        "second sec secs seconds",
        "degree ° degrees",
        "doctor dr",
        "professor prof",
        "mister mr",
        "saint st",
        "street st",
        "road rd",
        "number no nr",
        "and &",
        "until till",
        "under beneath underneath below",
        "grey gray",
        "colour color",
        "mum mom",
        "o'clock clock",
    )
    for form in group.split()
}
SHORT = {name[:3]: name for name in MONTHS + WEEKDAYS} | {
    "sept": "september",
    "tues": "tuesday",
    "thur": "thursday",
    "thurs": "thursday",
}
# What may begin a sentence with a capital and no article, and is no name.
COMMON = frozenset(
    _listed(
        """
    although because while if after before since though unless despite during whenever wherever
    somebody someone everybody everyone anybody anyone nobody nothing something everything all
    most many few several both either neither another other others people children kids men women
    guests visitors members parents bedtime entry admission rent milk bread coffee tea food water
    heating lunch dinner breakfast school work payment post mail next last today tomorrow
    yesterday tonight now later soon once twice if whether like unlike instead together alone
    neighbour neighbor uncle aunt cousin brother sister mother father mum dad grandma grandpa
    granny grandmother grandfather nephew niece son daughter nurse doctor teacher coach captain
    pastor vicar constable officer baby newborn farmer baker butcher plumber electrician gardener
    carpenter painter builder driver director chair president secretary treasurer notary lawyer
    dentist vet surgeon midwife chef cook trainer manager boss colleague friend keeper warden
    caretaker tenant landlord landlady client customer supplier student pupil physiotherapist
    physio therapist new old fresh bad good big small thin thick fallen found lost possible tyre
    no not staff departure arrival otherwise whoever whatever collection delivery
    """
    )
)
# Verbs: what they say is asked about through what stands around them.
DOING = frozenset(
    _listed(
        """
    go goe went get got take took put come came cost hold held find found stand stood bring
    brought call make made need belong want keep kept live work know knew tell told giv gave pay
    paid start end open clos begin began say said see saw set sit sat lie lay let leav left show
    turn think thought ask help seem look like lov run ran stay stop tri try us use mean meant
    happen fit fitted nickname nam meet met swear swor sew sewn put
    """
    )
)
# What an answer about a time may be made of, beside numbers and the calendar, or begin with.
TIMES = frozenset(
    _listed(
        """
    midnight midday today tomorrow yesterday day week weekend fortnight month year century
    spring summer autumn fall winter season easter christmas birthday holiday breakfast lunch
    dinner supper dawn dusk sunrise sunset sundown bedtime overnight tide term always never soon
    now once daily weekly monthly yearly hourly nightly annually hour minute moment shortly
    recently early late later thanksgiving halloween ramadan eid diwali hanukkah passover
    lunchtime dinnertime teatime mealtime immediately instantly
    """
    )
)
BEFORE_TIMES = frozenset(
    _listed(
        """
    after before during since until till when whenever while once by from every each within as if
    """
    )
)
# How often, without a number.
OFTEN = frozenset(
    _listed(
        """
    rarely seldom hardly sometimes occasionally often frequently regularly usually constantly
    """
    )
)
# Amounts in words that are no numbers.
AMOUNTS = frozenset(COUNTING) | frozenset(
    _listed(
        """
    couple twins triplets half quarter several few many all none nothing free double triple
    single enough no one fiver tenner dozens hundreds thousands
    """
    )
)
# What an amount may be told by, after "a": a pinch of salt, a pound.
MEASURES = _listed(
    """
    little lot bit pinch dash splash drop handful spoonful teaspoon tablespoon cup glass knob
    kilo kilogram gram pound euro dollar litre liter metre meter mile percent
    """
)
# Ages without a number.
AGES = frozenset(
    _listed(
        """
    baby newborn infant toddler child teenager teen adult grown pensioner elderly puppy kitten
    """
    )
)
