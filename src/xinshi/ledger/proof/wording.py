"""The sentences of a check, English and Chinese. They stand here and not in a catalogue because they must be said where the
program's catalogues are not: on another machine, from the plain module."""

from __future__ import annotations

from typing import Final

from xinshi.ledger.proof.checking import Outcome, Report, Step

Sentence = tuple[str, str]

VERDICTS: Final[dict[Outcome, Sentence]] = {
    Outcome.HOLDS: ("Yes, the receipt holds.", "成立：这张收据经得起核对。"),
    Outcome.FAILS: ("No, the receipt does not hold.", "不成立：这张收据对不上。"),
    Outcome.OPEN: ("It cannot be said with what was given.", "无法判断：所给的材料还不够。"),
}
SENTENCES: Final[dict[tuple[str, Outcome], Sentence]] = {
    ("readable", Outcome.OPEN): (
        "This is no receipt of a time bank: give the whole file as it was downloaded.",
        "这不是时间银行的收据：请提供下载得到的完整文件。",
    ),
    ("complete", Outcome.HOLDS): ("The receipt is complete.", "收据内容完整。"),
    ("complete", Outcome.FAILS): (
        "Something in the receipt is missing, too much, or of the wrong kind.",
        "收据中有缺少、多余或类型不对的内容。",
    ),
    ("signature", Outcome.HOLDS): (
        "The signature fits the key that the receipt names.",
        "签名与收据上写明的公钥相符。",
    ),
    ("signature", Outcome.FAILS): (
        "The signature does not fit: the receipt was changed after it was issued.",
        "签名不符：收据在出具之后被改动过。",
    ),
    ("line_in_seal", Outcome.HOLDS): (
        "The line is one of those that its seal covers, to the last sign.",
        "这笔账确在所属封印之内，一字不差。",
    ),
    ("line_in_seal", Outcome.FAILS): (
        "The line is not what its seal covers.",
        "这笔账不是所属封印所盖的内容。",
    ),
    ("seal_in_head", Outcome.HOLDS): (
        "The seal stands in the history under the newest seal at issue.",
        "所属封印在出具时最新封印所盖的历史之中。",
    ),
    ("seal_in_head", Outcome.FAILS): (
        "The seal does not stand in the history under the newest seal.",
        "所属封印不在最新封印所盖的历史之中。",
    ),
    ("older_seal", Outcome.NOTED): (
        (
            "The line was sealed before seals had a tree. It is proven from the newest seal on this receipt on; the older "
            "fingerprint, published at the time, covers it too, but only whoever has the whole book can work that out."
        ),
        "这笔账封存时还没有树形封印：本收据证明的是从收据上最新封印起没有改动；当时公布的旧指纹也盖着它，但须有整本账才能重算。",
    ),
    ("public_key", Outcome.HOLDS): ("The key is the one that the bank published.", "公钥与银行公布的一致。"),
    ("public_key", Outcome.FAILS): ("The key is not the one that the bank published.", "公钥不是银行公布的那一把。"),
    ("public_key_not_given", Outcome.NOTED): (
        "Not checked: whose key it is. Compare it with the one that the bank publishes (--public-key).",
        "未核对：公钥属于谁。请与银行公布的公钥比对（--public-key）。",
    ),
    ("head_not_given", Outcome.NOTED): (
        "Not checked: whether the bank's book is still the one that was sealed. Add a published seal (--head or --seals).",
        "未核对：银行的账是否仍是当时封存的那本。请加上公布过的封印（--head 或 --seals）。",
    ),
    ("published_head", Outcome.HOLDS): (
        "The published seal is the one on the receipt.",
        "公布的封印与收据上的一致。",
    ),
    ("published_head", Outcome.FAILS): (
        "The published seal is not the one on the receipt: one of the two books was rewritten.",
        "公布的封印与收据上的不一致：两者之中有一方的账被改写过。",
    ),
    ("published_head", Outcome.OPEN): (
        "The published seal is neither the receipt's newest one nor that of its line: give the list of seals (--seals).",
        "所给封印既不是收据上最新的，也不是这笔账所属的：请提供封印清单（--seals）。",
    ),
    ("seal_list_whole", Outcome.HOLDS): ("The list of seals is an unbroken chain.", "封印清单首尾相连，没有断开。"),
    ("seal_list_whole", Outcome.FAILS): ("The list of seals is broken in itself.", "封印清单本身就对不上。"),
    ("seal_list", Outcome.HOLDS): ("The list has the receipt's seals as they are.", "清单中的封印与收据上的一致。"),
    ("seal_list", Outcome.FAILS): (
        "The list has another seal in that place: one of the two books was rewritten.",
        "清单中同一位置是另一个封印：两者之中有一方的账被改写过。",
    ),
    ("seal_list", Outcome.OPEN): (
        "The list does not reach the seals of this receipt: give a newer one.",
        "清单还没有到这张收据的封印：请提供更新的清单。",
    ),
    ("own_key", Outcome.HOLDS): ("It was signed by this bank.", "由本行签名出具。"),
    ("own_key", Outcome.FAILS): ("It was not signed by this bank.", "不是本行签名出具的。"),
    ("own_line", Outcome.HOLDS): (
        "The line stands in this bank's book today, unchanged.",
        "这笔账今天仍在本行账上，没有改动。",
    ),
    ("own_line", Outcome.FAILS): (
        "The line does not stand so in this bank's book today.",
        "今天本行账上的这笔账与收据不符。",
    ),
    ("own_seal", Outcome.HOLDS): (
        "This bank's seals today are those on the receipt.",
        "本行今天的封印与收据上的一致。",
    ),
    ("own_seal", Outcome.FAILS): (
        "This bank's seals today are not those on the receipt.",
        "本行今天的封印与收据上的不一致。",
    ),
    ("own_rows", Outcome.HOLDS): (
        "The lines that the seal covers today still make its fingerprint.",
        "该封印所盖的账今天重算，指纹仍然相符。",
    ),
    ("own_rows", Outcome.FAILS): (
        "The lines that the seal covers today do not make its fingerprint any more.",
        "该封印所盖的账今天重算，指纹已经不符。",
    ),
    ("fingerprint", Outcome.HOLDS): (
        "The line in the book today has the fingerprint of this address.",
        "账上的这笔账今天的指纹与这个地址相符。",
    ),
    ("fingerprint", Outcome.FAILS): (
        "No line in the book today has the fingerprint of this address.",
        "今天账上没有与这个地址指纹相符的账。",
    ),
}


def sentence(step: Step) -> Sentence:
    """What a step found, in both languages."""
    return SENTENCES[step.code, step.outcome]


def verdict(report: Report) -> Sentence:
    """The whole, in both languages."""
    return VERDICTS[report.outcome]
