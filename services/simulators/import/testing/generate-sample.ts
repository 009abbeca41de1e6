/** Writes `catalogue/sample-day.json.gz`: `node services/simulators/import/testing/generate-sample.ts`. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { checkedScenario } from '../../catalogue/check.ts';
import { canonicalJson, scenarioHash } from '../../catalogue/hash.ts';
import { recordMarket } from './record-market.ts';
import { SAMPLE_SECONDS, SAMPLE_SEED, SAMPLE_STEP_MS, sampleSource } from './sample-source.ts';

const FILE = new URL('../../catalogue/sample-day.json.gz', import.meta.url);

const recordings = recordMarket(sampleSource, SAMPLE_SEED, SAMPLE_SECONDS, SAMPLE_STEP_MS);
const scenario = checkedScenario(
  {
    ...sampleSource,
    kind: 'replay',
    instruments: sampleSource.instruments.map((item, i) => ({
      ...item,
      recording: recordings[i],
    })),
  },
  'The sample day',
);
const bytes = gzipSync(canonicalJson(scenario), { level: 9 });
writeFileSync(FILE, bytes);
process.stdout.write(`${FILE.pathname}: ${bytes.length} bytes, hash ${scenarioHash(scenario)}\n`);
