"""Which language a text is in: byte-pair encoding and a logistic regression over its tokens."""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import yaml
from onnx import TensorProto, helper, numpy_helper
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

FOLDER = Path(__file__).resolve().parent
sys.path += [str(FOLDER), str(FOLDER.parent)]
from sentences import fragments, split  # noqa: E402
from write_bundle import difference, write_csv, write_records  # noqa: E402

bundle = yaml.safe_load((FOLDER / "bundle.yaml").read_text())
steps = [*bundle["pipeline"]["before"], *bundle["pipeline"]["after"]]
tokenize = next(step for step in steps if step["step"] == "tokenize")
decide = next(step for step in steps if step["step"] == "class-thresholds")


def train_tokenizer(texts):
    # Not WordPiece, whose training numbers its tokens otherwise each time.
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    # Accents stay: they tell languages apart.
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Metaspace()]
    )
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=500, special_tokens=["[PAD]", "[UNK]"])
    )
    tokenizer.enable_truncation(tokenize["maxLength"])
    return tokenizer


def bags(tokenizer, texts):
    """The share of each token among a text's: sparse, [N, vocabulary]."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    shares = [np.full(len(ids), 1 / max(1, len(ids))) for ids in rows]
    ends = np.cumsum([0, *map(len, rows)])
    shape = (len(rows), tokenizer.get_vocab_size())
    return csr_array((np.concatenate(shares), np.concatenate(rows), ends), shape)


def make_model(classifier):
    """
    The same regression over ids instead of shares: a row of weights a token, their mean over the
    tokens of a text, and the intercept.
    """
    weights = classifier.coef_.T.astype(np.float32)
    constants = {
        "weights": weights,
        "intercept": classifier.intercept_.astype(np.float32),
        "tokens": np.array([1]),
        "last": np.array([-1]),
        "one": np.array(1, np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["weights", "input_ids"], ["scores"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["scores", "column"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "tokens"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["mask", "tokens"], ["count"], keepdims=1),
        helper.make_node("Max", ["count", "one"], ["divisor"]),
        helper.make_node("Div", ["sum", "divisor"], ["mean"]),
        helper.make_node("Add", ["mean", "intercept"], ["logits"]),
    ]
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["N", "L"])
        for name in ("input_ids", "attention_mask")
    )
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", weights.shape[1]])
    graph = helper.make_graph(
        nodes,
        "language",
        [ids, mask],
        [logits],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


train, test = split()
train_texts, train_languages = zip(*train, *fragments(train, (2, 4)))
tokenizer = train_tokenizer([text for text, _ in train])
# Chosen, as the size of the vocabulary, by cross-validation over the training sentences, which this script does not repeat.
classifier = LogisticRegression(C=30, max_iter=1000)
classifier.fit(bags(tokenizer, train_texts), train_languages)
assert classifier.classes_.tolist() == decide["labels"]


def answer(texts):
    """The pipeline's answers: probabilities [N, languages] and languages, [N]."""
    probabilities = classifier.predict_proba(bags(tokenizer, texts))
    best = probabilities.max(axis=1)
    likeliest = classifier.classes_[probabilities.argmax(axis=1)]
    return probabilities, np.where(best >= decide["at"], likeliest, decide["abstain"])


held_out = {
    "sentences": test,
    "runs of 4 words": fragments(test, (4,)),
    "runs of 2 words": fragments(test, (2,)),
}
for name, rows in held_out.items():
    probabilities, languages = answer([text for text, _ in rows])
    truth = np.array([language for _, language in rows])
    sure = languages != decide["abstain"]
    likeliest = classifier.classes_[probabilities.argmax(axis=1)]
    print(
        f"{len(rows)} held-out {name}: {(likeliest == truth).mean():.1%} right; with the threshold "
        f"{sure.sum()} answered, {(languages == truth).sum()} of them right"
    )

texts, truth = zip(*test, *held_out["runs of 4 words"][::5])
probabilities, languages = answer(texts)
# No answer may hang on float32's last digits.
assert np.abs(probabilities.max(axis=1) - decide["at"]).min() > 1e-4
assert np.diff(np.sort(probabilities, axis=1)[:, -2:], axis=1).min() > 1e-4

model = make_model(classifier)
session = onnxruntime.InferenceSession(model.SerializeToString())
tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
encodings = tokenizer.encode_batch(list(texts))
feeds = {
    "input_ids": np.array([encoding.ids for encoding in encodings], np.int64),
    "attention_mask": np.array([encoding.attention_mask for encoding in encodings], np.int64),
}
(logits,) = session.run(None, feeds)
powers = np.exp(logits - logits.max(axis=1, keepdims=True))
worst = difference(powers / powers.sum(axis=1, keepdims=True), probabilities)
print(f"worst difference to scikit-learn {worst:.1e}")
assert worst <= bundle["golden"]["tolerance"]

# How texts are cut and padded is said in bundle.yaml.
tokenizer.no_truncation()
tokenizer.no_padding()
tokenizer.save(str(FOLDER / "tokenizer.json"), pretty=False)
(FOLDER / "model.onnx").write_bytes(model.SerializeToString())
write_csv(FOLDER / "test.csv", ["text", "language"], zip(([text] for text in texts), truth))
write_records(
    FOLDER / "golden.jsonl",
    [{"text": text} for text in texts],
    [
        {"language": language, "probabilities": dict(zip(decide["labels"], row))}
        for language, row in zip(languages.tolist(), probabilities.tolist())
    ],
)
