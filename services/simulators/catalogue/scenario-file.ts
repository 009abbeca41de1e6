/**
 * Scenario files: JSON or YAML 1.2, plain or gzipped. Whatever is wrong is told with its line.
 *
 * YAML is read as data alone: the core schema, string keys, no tags of its own, no merge keys. A file
 * of it is small, and its aliases stand for at most `MAX_ALIASES` nodes, so nothing can blow up.
 */
import { gunzipSync } from 'node:zlib';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { checkedScenario, ScenarioError } from './check.ts';

/** A recorded day may be long; what people write is not. */
export const MAX_SCENARIO_BYTES = 64 * 1024 * 1024;
const MAX_YAML_BYTES = 1024 * 1024;
const MAX_ALIASES = 100;
const ERRORS_MAX = 5;
/** Larger JSON is told without lines. */
const MAX_LINED_BYTES = MAX_YAML_BYTES;

export const SCENARIO_FILE = /\.(json|ya?ml)(\.gz)?$/;

/**
 * @param name  Of the file: it says which format it is, and stands in the error.
 * @throws ScenarioError with every reason
 */
export function readScenarioFile(bytes: Uint8Array, name: string): Scenario {
  const text = textOf(bytes, name);
  const isYaml = /\.ya?ml(\.gz)?$/.test(name);
  if (!isYaml) return checkedScenario(jsonOf(text, name), name, (path) => jsonLine(text, path));
  if (text.length > MAX_YAML_BYTES) {
    throw new ScenarioError(name, ['it is larger than 1 MiB; write long recordings as JSON']);
  }
  const { value, lineOf } = yamlOf(text, name);
  return checkedScenario(value, name, lineOf);
}

function textOf(bytes: Uint8Array, name: string): string {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const plain = isGzip ? gunzipSync(bytes, { maxOutputLength: MAX_SCENARIO_BYTES }) : bytes;
    if (plain.length > MAX_SCENARIO_BYTES) throw new Error('it is larger than 64 MiB');
    return new TextDecoder('utf-8', { fatal: true }).decode(plain);
  } catch (error) {
    throw new ScenarioError(name, [(error as Error).message]);
  }
}

function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ScenarioError(name, [`no JSON: ${(error as Error).message}`]);
  }
}

function yamlOf(text: string, name: string) {
  const lines = new LineCounter();
  const document = documentOf(text, lines, name);
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.some(({ message }) => /call stack/.test(message))) throw tooDeep(name);
  if (wrong.length > 0) {
    const reasons = wrong
      .slice(0, ERRORS_MAX)
      .map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`);
    throw new ScenarioError(name, reasons);
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value, lineOf: (path: string) => lineIn(document, lines, path) };
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof RangeError) throw tooDeep(name);
    const isBomb = /alias/i.test(message);
    throw new ScenarioError(name, [isBomb ? `more than ${MAX_ALIASES} aliases` : message]);
  }
}

function documentOf(text: string, lineCounter: LineCounter, name: string): Document.Parsed {
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      strict: true,
      stringKeys: true,
      uniqueKeys: true,
      merge: false,
      prettyErrors: false,
      lineCounter,
    });
  } catch (error) {
    throw error instanceof RangeError ? tooDeep(name) : error;
  }
}

/** Brackets by the thousand. */
const tooDeep = (name: string) => new ScenarioError(name, ['it is nested too deeply']);

/** JSON is YAML, so one search finds the lines of both. */
function jsonLine(text: string, path: string): number | null {
  if (text.length > MAX_LINED_BYTES) return null;
  const lines = new LineCounter();
  return lineIn(parseDocument(text, { lineCounter: lines, prettyErrors: false }), lines, path);
}

/** Where a value stands, or the nearest one around it that is there. */
function lineIn(document: Document.Parsed, lines: LineCounter, path: string): number | null {
  const keys = path.split('/').slice(1).map(keyOf);
  for (let length = keys.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(keys.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

/** Of a JSON pointer; an index stays text, which both maps and lists understand. */
const keyOf = (key: string) => key.replaceAll('~1', '/').replaceAll('~0', '~');
