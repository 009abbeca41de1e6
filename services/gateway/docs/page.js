/** Draws /openapi.json. No library, no network but our own origin. */

const api = await (await fetch('/openapi.json')).json();
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** An element with attributes and children; text is only ever text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Text in which `x` is code. */
function prose(tag, text) {
  const parts = text.split('`').map((part, i) => (i % 2 ? make('code', {}, part) : part));
  return make(tag, {}, ...parts);
}

const nameOf = ($ref) => $ref.split('/').at(-1);

/** A schema as a reader's sketch; components are opened once and then named. */
function sketch(schema, depth = 0, opened = new Set()) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    if (opened.has(name) || depth > 6) return name;
    return sketch(api.components.schemas[name], depth, new Set([...opened, name]));
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map((option) => sketch(option, depth, opened)).join(' | ');
  if (schema.type === 'array') return `[ ${sketch(schema.items, depth, opened)} ]`;
  if (schema.type !== 'object' || !schema.properties) return scalar(schema);
  const pad = '  '.repeat(depth + 1);
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties).map(([name, property]) => {
    const mark = required.has(name) ? '' : '?';
    return `${pad}${name}${mark}: ${sketch(property, depth + 1, opened)}`;
  });
  return `{\n${lines.join(',\n')}\n${'  '.repeat(depth)}}`;
}

function scalar({ type, minimum, maximum, description }) {
  const range =
    minimum !== undefined || maximum !== undefined ? ` ${minimum ?? ''}…${maximum ?? ''}` : '';
  return `${type ?? 'any'}${range}${description ? `  // ${description}` : ''}`;
}

function content(title, media) {
  const [type, { schema, example }] = Object.entries(media)[0];
  return make(
    'section',
    {},
    make('h4', {}, `${title} (${type})`),
    example === undefined ? null : make('pre', {}, JSON.stringify(example, null, 2)),
    make('details', {}, make('summary', {}, 'Shape'), make('pre', {}, sketch(schema))),
  );
}

function table(title, head, rows) {
  if (rows.length === 0) return null;
  return make(
    'section',
    {},
    make('h4', {}, title),
    make('table', {}, make('tr', {}, ...head.map((text) => make('th', {}, text))), ...rows),
  );
}

/** The events of a stream, each with its shape. */
function events(shapes) {
  return Object.entries(shapes).map(([name, schema]) =>
    make('details', {}, make('summary', {}, `event: ${name}`), make('pre', {}, sketch(schema))),
  );
}

function operation(path, method, op) {
  const parameters = (op.parameters ?? []).map((p) =>
    make(
      'tr',
      {},
      make('td', {}, make('code', {}, p.name)),
      make('td', {}, p.in),
      make('td', {}, sketch(p.schema)),
    ),
  );
  const failures = Object.entries(op.responses)
    .filter(([status]) => status >= '400')
    .map(([status, { description }]) =>
      make('tr', {}, make('td', {}, status), prose('td', description)),
    );
  const answers = Object.entries(op.responses)
    .filter(([status]) => status < '400')
    .map(([status, answer]) =>
      answer.content
        ? content(`${status} ${answer.description}`, answer.content)
        : make('h4', {}, `${status} ${answer.description}`),
    );
  const scheme = Object.keys(op.security?.[0] ?? {})[0];
  return make(
    'article',
    { id: op.operationId },
    make('h3', {}, make('span', { class: 'method' }, method.toUpperCase()), path),
    make(
      'div',
      {},
      prose('p', [op.summary, op.description].filter(Boolean).join('. ')),
      make('p', {}, scheme ? `Needs ${scheme}.` : 'Open to all.'),
      table('Parameters', ['Name', 'In', 'Takes'], parameters),
      op.requestBody ? content('Body', op.requestBody.content) : null,
      ...answers,
      ...Object.values(op.responses).flatMap((answer) => events(answer['x-events'] ?? {})),
      table('Problems', ['Status', 'Codes'], failures),
    ),
  );
}

const operations = Object.entries(api.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({ path, method, op: item[method] })),
);
document.querySelector('#about').replaceWith(prose('p', api.info.description));
document
  .querySelector('#operations')
  .append(...operations.map(({ path, method, op }) => operation(path, method, op)));
for (const { name } of api.tags) {
  const links = operations
    .filter(({ op }) => op.tags.includes(name))
    .map(({ op }) => make('a', { href: `#${op.operationId}` }, op.summary));
  document.querySelector('#contents').append(make('h2', {}, name), ...links);
}
document.querySelector('#find').addEventListener('input', ({ target }) => {
  const wanted = target.value.toLowerCase();
  for (const article of document.querySelectorAll('article')) {
    article.hidden = !article.textContent.toLowerCase().includes(wanted);
  }
});
if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
