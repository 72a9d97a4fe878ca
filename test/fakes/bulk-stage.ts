// An elastic destination in front of a cluster that keeps what it is sent.
import { elastic } from '../../src/destinations/elastic/index.ts'
import type { Batch } from '../../src/model/batch.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import { BulkCluster, type ClusterOptions } from './bulk-server.ts'
import { destinationTools } from './destination-tools.ts'
import { type Receiver, startReceiver } from './http-receiver.ts'

/** The data stream that the cluster has. */
export const NAME = 'logs-audit-default'

export interface BulkStage {
  readonly cluster: BulkCluster
  readonly receiver: Receiver
  readonly send: (batch: Batch) => Promise<readonly Verdict[]>
  close(): Promise<void>
}

export async function bulkStage(options: object = {}, of: ClusterOptions = {}): Promise<BulkStage> {
  const receiver = await startReceiver()
  const cluster = new BulkCluster({ dataStreams: [NAME], ...of })
  receiver.answer((request) => cluster.answer(request))
  const parsed = elastic.options.parse({ url: receiver.url, index: NAME, ...options })
  const destination = elastic.open(parsed, destinationTools())
  const { signal } = new AbortController()
  return {
    cluster,
    receiver,
    send: async (batch) => {
      const outcome = await destination.send(batch, signal)
      return 'verdicts' in outcome ? outcome.verdicts : outcome.confirmation
    },
    async close() {
      await destination.close()
      await receiver.close()
    },
  }
}

/** What a search finds, in the order in which it was stored. */
export function storedIds(cluster: BulkCluster, name = NAME): unknown[] {
  return cluster.documents(name).map((document) => document['event_id'])
}

/** How the cluster treats the next requests. `held` ends only with its promise. */
type Mood = 'fine' | 'failing' | { readonly held: Promise<void> }

/** A cluster with moods; when it fails it quotes `secret`. */
export async function moodyCluster(secret: string) {
  const receiver = await startReceiver()
  const cluster = new BulkCluster({ dataStreams: [NAME] })
  const mood = (next: Mood): void =>
    receiver.answer((request) => {
      if (next === 'failing') return { status: 500, body: `you sent ${secret}`, headers: { 'x-echo': secret } }
      const answer = cluster.answer(request)
      return next === 'fine' ? answer : { ...answer, after: next.held }
    })
  mood('fine')
  return {
    options: { url: receiver.url, index: NAME },
    mood,
    reached: () => receiver.received(1),
    arrived: () => storedIds(cluster) as string[],
    close: () => receiver.close(),
  }
}
