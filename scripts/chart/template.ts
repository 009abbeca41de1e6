/**
 * The part of Go's template language (with Helm's functions) that the chart is written in, so that it
 * can be rendered where no helm is. What it does not know it refuses, by name.
 */
import { stringify } from 'yaml';

type Values = Record<string, unknown>;
/** One template file's text, or a part of it: text and actions in turn. */
type Piece = string | { action: string };

const ACTION = /\{\{(-?)\s*([\s\S]*?)\s*(-?)\}\}/g;
const DEFINE = /^define "([^"]+)"$/;
const WORD = /"(?:[^"\\]|\\.)*"|\(|\)|\||[^\s()|]+/g;

export class Chart {
  readonly #root: Values;
  readonly #defined = new Map<string, Piece[]>();
  /** Every path of `.Values` that was looked at. */
  readonly used = new Set<string>();

  /** @param helpers  Texts of files that only define. */
  constructor(root: Values, helpers: readonly string[]) {
    this.#root = root;
    for (const text of helpers) this.#define(piecesOf(text));
  }

  /** @throws Error for what is not there, or not known here */
  render(text: string): string {
    return this.#run(piecesOf(text));
  }

  #define(pieces: Piece[]): void {
    let name: string | null = null;
    let body: Piece[] = [];
    for (const piece of pieces) {
      const action = typeof piece === 'string' ? null : piece.action;
      const begins = action === null ? undefined : DEFINE.exec(action)?.[1];
      if (begins !== undefined) [name, body] = [begins, []];
      else if (action === 'end' && name !== null) {
        this.#defined.set(name, body);
        name = null;
      } else if (name !== null) body.push(piece);
      else if (typeof piece !== 'string') throw new Error(`"${action}" stands in no define`);
    }
    if (name !== null) throw new Error(`"${name}" has no end`);
  }

  #run(pieces: readonly Piece[]): string {
    return pieces
      .map((piece) => (typeof piece === 'string' ? piece : String(this.#value(piece.action))))
      .join('');
  }

  #value(action: string): unknown {
    const words = action.match(WORD) ?? [];
    const value = this.#pipeline(words);
    if (words.length > 0) throw new Error(`"${words.join(' ')}" is left over in "${action}"`);
    if (value === undefined || value === null) throw new Error(`"${action}" has no value`);
    return value;
  }

  /** Takes words up to the end, or to a closing parenthesis. */
  #pipeline(words: string[]): unknown {
    let value = this.#call(words, []);
    while (words[0] === '|') {
      words.shift();
      value = this.#call(words, [value]);
    }
    return value;
  }

  /** @param piped  Given as the last argument. */
  #call(words: string[], piped: unknown[]): unknown {
    const name = words[0] ?? '';
    const call = FUNCTIONS[name];
    if (!call && name !== 'include') return this.#operand(words);
    words.shift();
    const given: unknown[] = [];
    while (words.length > 0 && words[0] !== '|' && words[0] !== ')')
      given.push(this.#operand(words));
    if (name !== 'include') return call!(...([...given, ...piped] as never[]));
    const body = this.#defined.get(String(given[0]));
    if (!body) throw new Error(`"${given[0]}" is not defined`);
    return this.#run(body).trim();
  }

  #operand(words: string[]): unknown {
    const word = words.shift() ?? '';
    if (word === '(') {
      const value = this.#pipeline(words);
      if (words.shift() !== ')') throw new Error('a parenthesis is not closed');
      return value;
    }
    if (word.startsWith('"')) return JSON.parse(word);
    if (/^\d+$/.test(word)) return Number(word);
    if (word === '.') return this.#root;
    if (word.startsWith('.')) return this.#field(word.slice(1).split('.'));
    throw new Error(`"${word}" is not known here`);
  }

  #field(path: string[]): unknown {
    if (path[0] === 'Values') this.used.add(path.slice(1).join('.'));
    let value: unknown = this.#root;
    for (const [i, name] of path.entries()) {
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) {
        throw new Error(`.${path.slice(0, i + 1).join('.')} is not there`);
      }
      value = (value as Values)[name];
    }
    return value;
  }
}

const FUNCTIONS: Readonly<Record<string, (...given: never[]) => unknown>> = {
  quote: (value: unknown) => JSON.stringify(String(value)),
  default: (otherwise: unknown, value: unknown) => value || otherwise,
  trimPrefix: (prefix: string, text: string) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  toYaml: (value: unknown) => stringify(value).trimEnd(),
  nindent: (spaces: number, text: string) => `\n${text.replaceAll(/^/gm, ' '.repeat(spaces))}`,
  required: (message: string, value: unknown) => {
    if (value === undefined || value === null || value === '') throw new Error(message);
    return value;
  },
};

/** A dash inside the braces takes the white space beside them away. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let trims = false;
  const push = (part: string, trimsEnd: boolean) => {
    const begun = trims ? part.trimStart() : part;
    pieces.push(trimsEnd ? begun.trimEnd() : begun);
  };
  for (const match of text.matchAll(ACTION)) {
    push(text.slice(from, match.index), match[1] === '-');
    if (!/^\/\*[\s\S]*\*\/$/.test(match[2]!)) pieces.push({ action: match[2]! });
    from = match.index + match[0].length;
    trims = match[3] === '-';
  }
  push(text.slice(from), false);
  const broken = pieces.find((piece) => typeof piece === 'string' && /\{\{|\}\}/.test(piece));
  if (broken !== undefined) throw new Error('braces that are not closed');
  return pieces;
}
