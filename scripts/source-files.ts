/** The project's own source files and what they import, for the house rules. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './first-run/layout.ts';

export interface SourceFile {
  /** From the root, with forward slashes. */
  path: string;
  text: string;
  /** Text without comments and without the contents of strings. */
  code: string;
  imports: readonly string[];
}

/** Files git knows or would add: what a clone holds, wherever this runs. */
export function listFiles(): string[] {
  const output = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 16_000_000,
  });
  return output.split('\n').filter((path) => path && existsSync(join(ROOT, path)));
}

export function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return { path, text, code: withoutCommentsAndStrings(text), imports: importsOf(text) };
}

/** Every module named in an `import`, `export … from` or `import()`. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const pattern =
    /(?:^|[\s;}])(?:import|export)\b[^'"`;()]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;
  return [...code.matchAll(pattern)].map(([, from, bare]) => from ?? bare!);
}

const COMMENT = /\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/[^\n]*/g;
const withoutComments = (text: string) => text.replace(COMMENT, '');
const withoutCommentsAndStrings = (text: string) =>
  withoutComments(text).replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
