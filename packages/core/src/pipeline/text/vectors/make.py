"""
Trains small tokenizers of the kinds that are in use, and writes them with what Hugging Face's Rust
crate makes of some texts. The tests beside this folder compare with it.

Needs: tokenizers==0.23.3
"""

import base64
import json
import struct
from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

FOLDER = Path(__file__).resolve().parent

WORDS = """the ship sails at dawn with seven sailors aboard and nobody knows where it will land
harbour harbours harbouring lighthouse lighthouses unsinkable unbelievable believing believers
tomorrow's weather isn't what they'd hoped for we'll wait you're early she's late don't panic
café naïve façade Zürich Ångström São Paulo smørrebrød jalapeño crème brûlée señor über Straße
привет мир корабль плывёт на рассвете γειά σου κόσμε πλοίο ΟΔΥΣΣΕΥΣ 日本語 船は夜明けに出航する 中文分词
배는 새벽에 출항한다 السفينة تبحر ספינה मेरा जहाज 12 345 1999 2026 3.14 1,000,000 50% $20 a+b=c x<y"""
CORPUS = WORDS.split("\n") + WORDS.replace("\n", " ").split(" ") + [WORDS.upper(), WORDS.title()]

TEXTS = [
    "",
    " ",
    "   \t\n ",
    "The ship sails at dawn.",
    "  leading and   inner  and trailing   ",
    "line one\nline two\r\nline three\n\n\nend",
    "Crème brûlée, smørrebrød & jalapeño: señor Ångström's CAFÉ in São Paulo/Zürich!",
    "e\u0301te\u0301 and n\u0303 as combining marks; Ẻ ậ",
    "Straße STRASSE ﬁne ﬂow Ⅷ ½ ² ³ ¹ ① ㎏ ｆｕｌｌ ｗｉｄｔｈ",
    "ΟΔΥΣΣΕΥΣ Σ ΣΑΣ ΑΣ. Ας σοφός",
    "İstanbul IĞDIR ıspanak",
    "日本語の船は夜明けに出航する。中文分词，测试！",
    "𠀀𠮷野家 𪚥 㐀 豈 丽",
    "배는 새벽에 출항한다 ᄒ\u1161ᆫ글",
    "السفينة تبحر عند الفجر ٣٤٥ ספינה מפליגה",
    "मेरा जहाज १२३ ไทยภาษา ภาษาไทย",
    "emoji 🚢⚓ 👩‍👩‍👧‍👦 👍🏽 🇨🇭 ❤️ ☃",
    "a\u00a0b\u2003c\u3000d\u2028e\u0085f\u200bg\u200dh\ufeffi\u00adj",
    "tab\there \x01\x02control\x7f \x00nul \ufffd replaced \ue000private \u0378unassigned",
    "don't can't we'll they'd you're she's I'm 've 'S O'Neill’s “quotes” ‘single’",
    "a+b=c x<y>z ^caret `tick` |pipe| ~tilde~ $20 50% #tag @user _under_score_ back\\slash",
    "3.14 1,000,000 12345678901234567890 2026-11-23T08:30:00Z v1.2.3 0x1F",
    "supercalifragilisticexpialidocious unsinkable-lighthouses",
    "x" * 120 + " " + "é" * 101,
    "[CLS] in [MASK] text[SEP][PAD] <mask>  <s> </s> <unk> <|endoftext|> word<mask>word",
    "special [TWO  WORDS] newtok newtoken NEWTOKEN prenewtoken newtokens",
    "http://example.com/a?b=c&d=e#f mail@example.org",
    "zzz qqq ẞ ŧħ ☂ ∑∞≠ ₿ €",
    "▁already ▁▁marked <0x41> ĠGPT Ġ",
    "word.word,word;word:word!word?word…word—word–word",
    "Привет, МИР! Корабль плывёт",
    "a b  c   d    e\n f\n\n g \n h",
    "AbC dEf " * 40,
    "日本" * 60,
    WORDS.replace("\n", " "),
]
# For what is compared character by character.
SHORT = [text for text in TEXTS if len(text) < 80]


def charsmap(table):
    """A table as SentencePiece keeps it: a double array over UTF-8, then the texts."""
    texts = b""
    root = {}
    for key, text in sorted(table.items()):
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[None] = len(texts)
        texts += text.encode() + b"\0"
    units = {0: 0}
    taken = {0}

    def place(node, unit):
        # The first offset at which every child and the value find an empty place.
        children = [byte for byte in node if byte is not None]
        offset = 1
        while any((unit ^ offset ^ (byte or 0)) in taken for byte in [*children, None]):
            offset += 1
        base = unit ^ offset
        assert offset < 1 << 21
        units[unit] |= offset << 10
        taken.update(base ^ (byte or 0) for byte in [*children, None])
        if None in node:
            units[unit] |= 1 << 8
            units[base] = node[None] | 1 << 31
        for byte in children:
            units[base ^ byte] = byte
        for byte in children:
            place(node[byte], base ^ byte)

    place(root, 0)
    # Places that no key has must match no byte; past the end of any byte there is a place.
    size = (max(units) | 0xFF) + 256
    array = [units.get(index, 1 << 31) for index in range(size)]
    packed = struct.pack(f"<{size}I", *array)
    return struct.pack("<I", len(packed)) + packed + texts


# As nmt_nfkc does: spaces of all kinds, full-width letters, ligatures; a letter with its accent;
# and a key that is longer than one that stands at its beginning.
TABLE = {
    "\t": " ",
    "\n": " ",
    "\r": " ",
    "\u00a0": " ",
    "\u3000": " ",
    "\u200b": "",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "½": "1⁄2",
    "㎏": "kg",
    "e\u0301": "é",
    "n\u0303": "ñ",
    "n": "n",
    "Ⅷ": "VIII",
    **{chr(0xFF01 + k): chr(0x21 + k) for k in range(94)},
}


def bert():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        CORPUS, trainers.WordPieceTrainer(vocab_size=420, special_tokens=special)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def cased_bert():
    tokenizer = bert()
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, clean_text=False)
    tokenizer.add_tokens(["newtoken", AddedToken("[TWO  WORDS]", lstrip=True, rstrip=True)])
    tokenizer.add_tokens([AddedToken("newtok", single_word=True, normalized=False)])
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def byte_level(prefix, special):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(vocab_size=450, special_tokens=special, initial_alphabet=alphabet),
    )
    return tokenizer


def gpt2():
    tokenizer = byte_level(False, ["<|endoftext|>"])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def roberta():
    tokenizer = byte_level(True, ["<s>", "<pad>", "</s>", "<unk>"])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def llama3():
    tokenizer = byte_level(False, ["<|begin|>", "<|end|>"])
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
        r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    template = processors.TemplateProcessing(
        single="<|begin|> $A", pair="<|begin|> $A $B:1", special_tokens=[("<|begin|>", 0)]
    )
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(), template])
    return tokenizer


def llama2():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    latin = [text for text in CORPUS if text.isascii()]
    tokenizer.train_from_iterator(
        latin, trainers.BpeTrainer(vocab_size=430, special_tokens=special)
    )
    tokenizer.pre_tokenizer = None
    # In these files bytes are ordinary tokens.
    file = json.loads(tokenizer.to_str())
    file["added_tokens"] = file["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
    )
    return tokenizer


def unigram(normalizer, pre_tokenizer, texts=CORPUS, size=300, special=()):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=["<pad>", "</s>", "<unk>", *special], unk_token="<unk>"
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def t5():
    tokenizer = unigram(
        normalizers.Precompiled(charsmap(TABLE)),
        pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return tokenizer


def albert():
    strip = normalizers.Replace(Regex(" {2,}"), " ")
    steps = [normalizers.Nmt(), normalizers.NFKC(), strip, normalizers.Lowercase()]
    first = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer = unigram(normalizers.Sequence(steps), first)
    tokenizer.add_special_tokens(["<mask>"])
    return tokenizer


def gemma():
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    latin = [text for text in CORPUS if text.isascii()]
    tokenizer = unigram(None, pre_tokenizers.Metaspace(), latin, 400, bytes_)
    file = json.loads(tokenizer.to_str())
    file["model"]["byte_fallback"] = True
    file["added_tokens"] = file["added_tokens"][:3]
    return Tokenizer.from_str(json.dumps(file))


def words():
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    steps = [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(), *steps])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(
        CORPUS, trainers.WordLevelTrainer(special_tokens=["<unk>", "<pad>"])
    )
    return tokenizer


def unfused():
    tokenizer = unigram(None, pre_tokenizers.WhitespaceSplit(), ["abc abd acd a b c d"], 20)
    return tokenizer


def clip():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    spaces = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), spaces, normalizers.Lowercase()]
    )
    pattern = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern, "removed", invert=True)
    trainer = trainers.BpeTrainer(
        vocab_size=350, special_tokens=["<unk>", "<pad>"], end_of_word_suffix="</w>"
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


TOKENIZERS = {
    make.__name__: make
    for make in (
        bert,
        cased_bert,
        gpt2,
        roberta,
        llama3,
        llama2,
        t5,
        albert,
        gemma,
        words,
        unfused,
        clip,
    )
}

SETTINGS = [
    {"maxLength": 12},
    {"maxLength": 7, "padding": "maxLength", "paddingSide": "left"},
    {"maxLength": 9, "truncationSide": "left", "multipleOf": 8},
    {"maxLength": 300, "specialTokens": False},
]
PAD = {"bert": "[PAD]", "cased_bert": "[PAD]", "gpt2": "<|endoftext|>", "llama3": "<|end|>"}
PAD |= {name: "<pad>" for name in ("roberta", "t5", "albert", "gemma", "words", "unfused", "clip")}
PAD |= {"llama2": "</s>"}
SOME = [TEXTS[index] for index in (3, 0, 6, 11, 24, 19)]
OTHERS = [TEXTS[index] for index in (19, 3, 0, 6, 9, 32)]


def batches(name, tokenizer):
    for settings in SETTINGS:
        for pairs in (False, True):
            if name == "llama3" and pairs:
                continue
            length = settings["maxLength"]
            tokenizer.enable_truncation(
                length, direction=settings.get("truncationSide", "right")
            )
            tokenizer.enable_padding(
                direction=settings.get("paddingSide", "right"),
                pad_id=tokenizer.token_to_id(PAD[name]),
                pad_token=PAD[name],
                length=length if settings.get("padding") == "maxLength" else None,
                pad_to_multiple_of=settings.get("multipleOf"),
            )
            given = list(zip(SOME, OTHERS)) if pairs else SOME
            rows = tokenizer.encode_batch(
                given, add_special_tokens=settings.get("specialTokens", True)
            )
            yield {
                "options": {**settings, "padToken": PAD[name]},
                "pairs": pairs,
                "ids": [row.ids for row in rows],
                "mask": [row.attention_mask for row in rows],
                "types": [row.type_ids for row in rows],
            }
    tokenizer.no_truncation()
    tokenizer.no_padding()


NORMALIZERS = [
    normalizers.BertNormalizer(),
    normalizers.BertNormalizer(lowercase=False),
    normalizers.BertNormalizer(lowercase=False, strip_accents=True, handle_chinese_chars=False),
    normalizers.BertNormalizer(clean_text=False, strip_accents=False),
    normalizers.NFC(),
    normalizers.NFKD(),
    normalizers.Lowercase(),
    normalizers.StripAccents(),
    normalizers.Strip(left=True, right=False),
    normalizers.Strip(left=False, right=True),
    normalizers.Nmt(),
    normalizers.Precompiled(charsmap(TABLE)),
    normalizers.Replace("a", "$& $1"),
    normalizers.Replace(Regex(r"\d+"), "0"),
    normalizers.Prepend("▁"),
    normalizers.ByteLevel(),
]

PRE_TOKENIZERS = [
    pre_tokenizers.BertPreTokenizer(),
    pre_tokenizers.ByteLevel(add_prefix_space=True),
    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    pre_tokenizers.CharDelimiterSplit("e"),
    pre_tokenizers.Digits(),
    pre_tokenizers.Digits(individual_digits=True),
    pre_tokenizers.FixedLength(5),
    pre_tokenizers.Metaspace(),
    pre_tokenizers.Metaspace(prepend_scheme="never", split=False),
    pre_tokenizers.Whitespace(),
    pre_tokenizers.WhitespaceSplit(),
    *(
        pre_tokenizers.Punctuation(behavior)
        for behavior in (
            "removed",
            "isolated",
            "merged_with_previous",
            "merged_with_next",
            "contiguous",
        )
    ),
    *(
        pre_tokenizers.Split(pattern, behavior, invert)
        for pattern in (" ", Regex(r"\w+"))
        for invert in (False, True)
        for behavior in (
            "removed",
            "isolated",
            "merged_with_previous",
            "merged_with_next",
            "contiguous",
        )
    ),
    pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(prepend_scheme="first"),
            pre_tokenizers.Digits(),
        ]
    ),
]


def config_of(component, place):
    tokenizer = Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
    setattr(tokenizer, place, component)
    return json.loads(tokenizer.to_str())[place]


def components():
    for component in NORMALIZERS:
        results = [component.normalize_str(text) for text in SHORT]
        yield {"normalizer": config_of(component, "normalizer"), "results": results}
    for component in PRE_TOKENIZERS:
        results = [[piece for piece, _ in component.pre_tokenize_str(text)] for text in SHORT]
        yield {"pre_tokenizer": config_of(component, "pre_tokenizer"), "results": results}


def truncations():
    """Tokens kept of texts of so many words: [first, second, room, kept of first, kept of second]."""
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    for room in range(1, 10):
        tokenizer.enable_truncation(room)
        for first in range(7):
            for second in range(7):
                ids = tokenizer.encode("a " * first, "b " * second).ids
                yield [first, second, room, ids.count(0), ids.count(1)]


def write(name, lines):
    with (FOLDER / name).open("w") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


write("texts.jsonl", [{"texts": TEXTS, "short": SHORT, "some": SOME, "others": OTHERS}])
write("components.jsonl", components())
write("truncations.jsonl", [list(truncations())])
trained = {name: make() for name, make in TOKENIZERS.items()}
write(
    "tokenizers.jsonl",
    (
        {
            "name": name,
            "file": json.loads(tokenizer.to_str()),
            "ids": [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS],
            "batches": list(batches(name, tokenizer)),
        }
        for name, tokenizer in trained.items()
    ),
)
