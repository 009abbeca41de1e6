/** The chart as Kubernetes would get it: rendered, read, and held against what the processes ask for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../services/platform/config.ts';
import { Variables } from '../../services/platform/variables.ts';
import { Chart } from './template.ts';

type Json = Record<string, unknown>;
interface Container {
  name: string;
  env: { name: string; value?: string; valueFrom?: object }[];
  ports?: { name: string }[];
  volumeMounts?: { name: string; mountPath: string }[];
}
interface Volume {
  name: string;
  secret?: { secretName: string; items?: { key: string; path: string }[] };
}
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    selector?: { matchLabels?: Json } & Json;
    template?: {
      metadata: { labels: Json };
      spec: { containers: Container[]; volumes?: Volume[] };
    };
  };
}

const HELM = join(import.meta.dirname, '../../helm');
const read = (path: string) => readFileSync(join(HELM, path), 'utf8');
const files = readdirSync(join(HELM, 'templates'));
const values = parse(read('values.yaml')) as Json;

function rendered(more: Json = { publicOrigin: 'https://sandpit.example.com' }) {
  const { name, appVersion } = parse(read('Chart.yaml')) as Json;
  const root = {
    Values: { ...values, ...more },
    Release: { Name: 'demo' },
    Chart: { Name: name, AppVersion: appVersion },
  };
  const isHelper = (file: string) => file.startsWith('_');
  const chart = new Chart(
    root,
    files.filter(isHelper).map((file) => read(`templates/${file}`)),
  );
  const manifests = files
    .filter((file) => !isHelper(file))
    .flatMap((file) =>
      parseAllDocuments(chart.render(read(`templates/${file}`)), { version: '1.1' }).map((each) => {
        expect(each.errors, file).toEqual([]);
        return each.toJS() as Manifest;
      }),
    );
  return { chart, manifests };
}

const { chart, manifests } = rendered();
const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
const podOf = ({ spec }: Manifest) => spec.template!;

test('every manifest says what it is, and has a name of its own', () => {
  expect(manifests.length).toBeGreaterThan(6);
  const names = manifests.map(({ apiVersion, kind, metadata }) => {
    expect(apiVersion).toMatch(/^([a-z.0-9]+\/)?v\d$/);
    return `${kind} ${metadata.name}`;
  });
  expect(new Set(names).size).toBe(names.length);
  expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
    'demo-doors',
    'demo-worker',
  ]);
});

test('values that the templates name are there, and those that are there are named', () => {
  const leaves = (value: unknown, path: string): string[] =>
    value !== null && typeof value === 'object' && !chart.used.has(path)
      ? Object.entries(value).flatMap(([name, each]) =>
          leaves(each, path ? `${path}.${name}` : name),
        )
      : [path];
  expect(leaves(values, '').filter((path) => !chart.used.has(path))).toEqual([]);
});

test('without an origin it says what is missing', () => {
  expect(() => rendered({})).toThrow('publicOrigin is required');
});

describe.each(deployments.map((each) => [each.metadata.name, each] as const))('%s', (_, each) => {
  const [container] = podOf(each).spec.containers;
  const { volumes = [] } = podOf(each).spec;
  const mounts = container!.volumeMounts ?? [];

  test('selects its own pods', () => {
    const { labels } = podOf(each).metadata;
    expect(labels).toMatchObject(each.spec.selector!.matchLabels!);
  });

  test('starts with the environment that it is given', () => {
    const env = Object.fromEntries(
      container!.env.map(({ name, value }) => [name, value ?? `secret-of-${name}`]),
    );
    const secrets = {
      DATABASE_URL: 'postgres://user:secret@db:5432/sandpit',
      REDIS_URL: 'redis://cache:6379',
    };
    const config = loadConfig({ ...env, ...secrets });
    expect(config.role).toBe(container!.name);
    expect(Object.keys(Variables.properties)).toEqual(expect.arrayContaining(Object.keys(env)));
    expect(new Set(container!.env.map(({ name }) => name)).size).toBe(container!.env.length);
  });

  test('mounts what it has, and finds there every file that it is told of', () => {
    const byName = new Map(volumes.map((volume) => [volume.name, volume]));
    expect(mounts.map(({ name }) => name).sort()).toEqual([...byName.keys()].sort());
    const paths = container!.env.flatMap(({ value }) => (value?.startsWith('/') ? [value] : []));
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths) {
      const mount = mounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
      expect(mount, path).toBeDefined();
      const items = byName.get(mount!.name)?.secret?.items;
      const name = path.slice(mount!.mountPath.length + 1);
      if (items) expect(items.map((item) => item.path)).toContain(name);
    }
  });
});

describe('templates', () => {
  const of = (text: string, helper = '') =>
    new Chart({ Values: { a: { b: 'c' }, none: '' } }, [helper]).render(text);

  test.each`
    text                                                | result
    ${'x: {{ .Values.a.b }}'}                           | ${'x: c'}
    ${'x: {{ .Values.none | default "d" | quote }}'}    | ${'x: "d"'}
    ${'x: {{- toYaml .Values.a | nindent 2 }}'}         | ${'x:\n  b: c'}
    ${'{{ default (trimPrefix "c" .Values.a.b) "" }}.'} | ${'.'}
    ${'{{- /* nothing */ -}} x'}                        | ${'x'}
  `('$text gives $result', ({ text, result }) => {
    expect(of(text)).toBe(result);
  });

  test.each`
    text                        | fault
    ${'{{ .Values.a.x }}'}      | ${'.Values.a.x is not there'}
    ${'{{ if .Values.a }}'}     | ${'"if" is not known here'}
    ${'{{ include "x" . }}'}    | ${'"x" is not defined'}
    ${'{{ .Values.a.b | up }}'} | ${'"up" is not known here'}
    ${'{{ .Values.a.b'}         | ${'not closed'}
    ${'{{ quote (.Values.a }}'} | ${'not closed'}
  `('$text is refused: $fault', ({ text, fault }) => {
    expect(() => of(text)).toThrow(fault);
  });
});
