import { tryDecodeUtf8 } from "../json/utf8.ts";
import { tokenize, type Token } from "./lexer.ts";
import { TextProtoProblem, type Place } from "./problem.ts";

/** A message: its fields in the order in which they are written, repeated ones as often as given. */
export interface TextMessage extends Place {
  readonly fields: readonly TextField[];
}

export interface TextField extends Place {
  /** Of an extension or an `Any`, with its brackets: `[google.protobuf.Any]`. */
  readonly name: string;
  readonly value: TextValue;
}

/** A value as far as it can be understood without a schema. */
export type TextValue =
  | { readonly kind: "message"; readonly message: TextMessage }
  | { readonly kind: "string"; readonly text: string }
  /** `true`, `KIND_CPU`, `inf`, `-nan`: what it means, its type says. */
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "integer"; readonly integer: bigint }
  | { readonly kind: "float"; readonly float: number };

/** How deep messages may be nested, as in protobuf's own parsers. */
const MAX_DEPTH = 100;

/**
 * Parses a message as text: comments, nested messages in `{}` or `<>`, lists in `[]`, strings in
 * pieces, numbers of every form.
 *
 * @throws TextProtoProblem with line and column.
 */
export function parseTextProto(text: string): TextMessage {
  return new Parser(tokenize(text)).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): TextMessage {
    return this.#readMessage({ line: 1, column: 1 }, "");
  }

  /** Reads fields up to a closing bracket, or the end of the text where that is `""`. */
  #readMessage({ line, column }: Place, closing: string): TextMessage {
    if (++this.#depth > MAX_DEPTH)
      throw new TextProtoProblem({ line, column }, `messages are nested deeper than ${MAX_DEPTH}`);
    const fields: TextField[] = [];
    while (!this.#isClosed(closing)) {
      this.#readField(fields);
      if (this.#isSign(",") || this.#isSign(";")) this.#next++;
    }
    this.#depth--;
    return { fields, line, column };
  }

  #isClosed(closing: string): boolean {
    const token = this.#peek();
    if (closing === "") return token.kind === "end";
    if (!this.#isSign(closing)) return false;
    this.#next++;
    return true;
  }

  #readField(fields: TextField[]): void {
    const place = this.#peek();
    const name = this.#readName();
    const field = { name, line: place.line, column: place.column };
    const colon = this.#isSign(":");
    if (colon) this.#next++;
    if (!this.#isSign("[")) {
      fields.push({ ...field, value: this.#readValue(colon) });
      return;
    }
    this.#next++;
    if (this.#isSign("]")) {
      this.#next++;
      return;
    }
    for (;;) {
      fields.push({ ...field, value: this.#readValue(colon) });
      if (this.#isSign("]")) break;
      this.#expectSign(",");
    }
    this.#next++;
  }

  /** A name, or that of an extension or `Any` in brackets. */
  #readName(): string {
    const token = this.#take();
    if (token.kind === "name") return token.text;
    if (token.kind !== "sign" || token.text !== "[") throw unexpected(token, "the name of a field");
    let name = "";
    while (!this.#isSign("]")) {
      const part = this.#take();
      if (part.kind !== "name" && !(part.kind === "sign" && "./-".includes(part.text)))
        throw unexpected(part, "a full name and a closing bracket");
      name += part.text;
    }
    this.#next++;
    return `[${name}]`;
  }

  /** @param colon whether one was there, which scalars need and messages do not. */
  #readValue(colon: boolean): TextValue {
    const token = this.#take();
    if (token.kind === "sign" && (token.text === "{" || token.text === "<")) {
      const message = this.#readMessage(token, token.text === "{" ? "}" : ">");
      return { kind: "message", message };
    }
    if (!colon) throw unexpected(token, '":" or "{"');
    if (token.kind === "string") return { kind: "string", text: this.#readString(token) };
    const negative = token.kind === "sign" && token.text === "-";
    const value = negative ? this.#take() : token;
    const sign = negative ? "-" : "";
    if (value.kind === "name") return { kind: "word", word: sign + value.text };
    if (value.kind === "integer") {
      const { text } = value;
      const isOctal = /^0[0-7]/.test(text);
      const integer = BigInt(isOctal ? `0o${text.slice(1)}` : text);
      return { kind: "integer", integer: negative ? -integer : integer };
    }
    if (value.kind === "float")
      return { kind: "float", float: Number(sign + value.text.replace(/[fF]$/, "")) };
    throw unexpected(value, "a value");
  }

  /** A string of one or more literals, the first of which was taken. */
  #readString(first: Token): string {
    let latin1 = first.text;
    while (this.#peek().kind === "string") latin1 += this.#take().text;
    const text = tryDecodeUtf8(Uint8Array.from(latin1, (byte) => byte.charCodeAt(0)));
    if (text === undefined) throw new TextProtoProblem(first, "the string is not UTF-8");
    return text;
  }

  #expectSign(sign: string): void {
    if (!this.#isSign(sign)) throw unexpected(this.#peek(), `"${sign}"`);
    this.#next++;
  }

  #isSign(sign: string): boolean {
    const { kind, text } = this.#peek();
    return kind === "sign" && text === sign;
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  /** The next word, passed over unless it is the end. */
  #take(): Token {
    const token = this.#peek();
    if (token.kind !== "end") this.#next++;
    return token;
  }
}

function unexpected(token: Token, expected: string): TextProtoProblem {
  const got =
    token.kind === "end"
      ? "the end of the text"
      : token.kind === "string"
        ? "a string"
        : token.text;
  return new TextProtoProblem(token, `expected ${expected}, got ${got}`);
}
