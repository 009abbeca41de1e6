/** The text of `nats-server.conf`, in the words that a 2.9 server knows. */

export interface ServerConfigurationOptions {
  port: number;
  httpPort?: number;
  storeDir: string;
  fileStoreBytesMax?: number;
  /** Where the server keeps account tokens. */
  accountsDir: string;
  /** Operator token. */
  operator: string;
  systemAccount: string;
  /** Account public key -> account token. */
  accounts: Record<string, string>;
}

const GIB = 1024 ** 3;
/** A snapshot of a large venue fits; nothing else comes near. */
const PAYLOAD_MAX = '4MB';

/**
 * `sync_interval` is left out on purpose: 2.9 does not start with it. Where a newer server runs, the
 * chart sets it to `always`.
 */
export function serverConfiguration(options: ServerConfigurationOptions): string {
  const { port, httpPort, storeDir, fileStoreBytesMax = 10 * GIB, accounts } = options;
  return `${[
    `listen: "127.0.0.1:${port}"`,
    ...(httpPort ? [`http: "127.0.0.1:${httpPort}"`] : []),
    'server_name: "sandpit"',
    `max_payload: ${PAYLOAD_MAX}`,
    'write_deadline: "10s"',
    `operator: "${options.operator}"`,
    `system_account: "${options.systemAccount}"`,
    // Keeps account tokens on disk and takes newer ones from the SYS account while it runs.
    `resolver: { type: full, dir: ${JSON.stringify(options.accountsDir)}, allow_delete: false }`,
    'resolver_preload: {',
    ...Object.entries(accounts).map(([id, token]) => `  ${id}: "${token}"`),
    '}',
    'jetstream {',
    `  store_dir: ${JSON.stringify(storeDir)}`,
    '  max_memory_store: 256MB',
    `  max_file_store: ${fileStoreBytesMax}`,
    '}',
  ].join('\n')}\n`;
}
