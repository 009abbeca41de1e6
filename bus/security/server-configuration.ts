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
  /** One of several servers that keep copies for one another. */
  cluster?: ClusterNode;
}

/** For servers of 2.11 and later: on a 2.9 cluster several writers pass the log's fence at once. */
export interface ClusterNode {
  /** Unique among the servers: `1`, `2`, `3`. */
  name: string;
  /** Where the other servers reach this one. */
  routePort: number;
  /** Route ports of all, this one among them. */
  routePorts: readonly number[];
}

const GIB = 1024 ** 3;
/** A snapshot of a large venue fits; nothing else comes near. */
const PAYLOAD_MAX = '4MB';

/**
 * A single server gets no `sync_interval`: 2.9 does not start with it. In a cluster, which is newer,
 * it is `always`, as in the chart.
 */
export function serverConfiguration(options: ServerConfigurationOptions): string {
  const { port, httpPort, storeDir, fileStoreBytesMax = 10 * GIB, accounts, cluster } = options;
  return `${[
    `listen: "127.0.0.1:${port}"`,
    ...(httpPort ? [`http: "127.0.0.1:${httpPort}"`] : []),
    `server_name: "sandpit${cluster ? `-${cluster.name}` : ''}"`,
    ...(cluster ? clusterBlock(cluster) : []),
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
    ...(cluster ? ['  sync_interval: always'] : []),
    '}',
  ].join('\n')}\n`;
}

function clusterBlock({ routePort, routePorts }: ClusterNode): string[] {
  const others = routePorts.filter((port) => port !== routePort);
  return [
    'cluster {',
    '  name: "sandpit"',
    `  listen: "127.0.0.1:${routePort}"`,
    `  routes: [${others.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')}]`,
    '}',
  ];
}
