// The vendors' own clients as second writers to the same cluster: what it refuses and answers is what they know how to handle, and
// what they wrote and what we write get along.
import { Client as ElasticClient } from '@elastic/elasticsearch'
import { Client as OpenSearchClient } from '@opensearch-project/opensearch'
import { afterEach, describe, expect, it } from 'vitest'
import type { Batch } from '../../../../src/model/batch.ts'
import { elastic } from '../../../../src/destinations/elastic/index.ts'
import { batchNamed, eventText } from '../../../fakes/batches.ts'
import { BulkCluster } from '../../../fakes/bulk-server.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { startReceiver } from '../../../fakes/http-receiver.ts'

const NAME = 'logs-audit-default'
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function cluster(): Promise<{ url: string; cluster: BulkCluster }> {
  const receiver = await startReceiver()
  const made = new BulkCluster({ dataStreams: [NAME] })
  receiver.answer((request) => made.answer(request))
  cleanups.push(() => receiver.close())
  return { url: receiver.url, cluster: made }
}

interface Written {
  readonly successful: number
  readonly failed: number
  readonly dropped: readonly (number | undefined)[]
}
type Write = (
  url: string,
  documents: readonly object[],
  ids: readonly string[],
  op: 'create' | 'index',
) => Promise<Written>

/** Neither library's types know the other's. */
interface Helping {
  readonly helpers: {
    bulk(of: object): Promise<{ successful: number; failed: number }>
  }
  close(): Promise<void>
}

function writer(open: (url: string) => Helping): Write {
  return async (url, documents, ids, op) => {
    const client = open(url)
    const dropped: (number | undefined)[] = []
    try {
      const { successful, failed } = await client.helpers.bulk({
        datasource: [...documents],
        retries: 0,
        concurrency: 1,
        onDocument: (document: object) => ({ [op]: { _index: NAME, _id: ids[documents.indexOf(document)] } }),
        onDrop: ({ status }: { status?: number }) => dropped.push(status),
      })
      return { successful, failed, dropped }
    } finally {
      await client.close()
    }
  }
}

const WRITERS: readonly (readonly [string, Write])[] = [
  ['Elasticsearch', writer((node) => new ElasticClient({ node, maxRetries: 0 }))],
  ['OpenSearch', writer((node) => new OpenSearchClient({ node, maxRetries: 0 }))],
]

async function relay(url: string, batch: Batch): Promise<string[]> {
  const destination = elastic.open(elastic.options.parse({ url, index: NAME }), destinationTools())
  try {
    const outcome = await destination.send(batch, new AbortController().signal)
    return ('verdicts' in outcome ? outcome.verdicts : await outcome.confirmation).map(({ kind }) => kind)
  } finally {
    await destination.close()
  }
}

describe.each(WRITERS)('the client of %s', (_, write) => {
  const batch = batchNamed('a', 4)
  const ids = batch.events.map(({ source, key }) => `${source}:${key}`)
  const documents = batch.events.map((_event, index) => ({
    '@timestamp': '2026-05-17T08:00:00.000Z',
    ...(JSON.parse(eventText(`a-${index}`)) as object),
  }))

  it('what it wrote under our ids is delivered for us, and is not stored twice', async () => {
    const { url, cluster: made } = await cluster()
    expect(await write(url, documents.slice(0, 2), ids, 'create')).toMatchObject({ successful: 2, failed: 0 })
    expect(await relay(url, batch)).toEqual(['delivered', 'delivered', 'delivered', 'delivered'])
    expect(made.documents(NAME).map((document) => document['event_id'])).toEqual(['a-0', 'a-1', 'a-2', 'a-3'])
  })

  it('what we wrote is a conflict for it', async () => {
    const { url, cluster: made } = await cluster()
    await relay(url, batch)
    expect(await write(url, documents, ids, 'create')).toEqual({
      successful: 0,
      failed: 4,
      dropped: [409, 409, 409, 409],
    })
    expect(made.documents(NAME)).toHaveLength(4)
  })

  it('is refused what it sends wrongly: another operation, no time, a field that does not fit', async () => {
    const { url, cluster: made } = await cluster()
    made.fault = ({ event_id: id }) =>
      id === 'a-3' ? { status: 400, type: 'document_parsing_exception', reason: 'failed to parse field' } : undefined
    expect(await write(url, documents.slice(0, 1), ids, 'index')).toMatchObject({ failed: 1, dropped: [400] })
    const timeless = { event_id: 'a-2' }
    const mixed = [documents[0] as object, timeless, documents[3] as object]
    expect(await write(url, mixed, ids, 'create')).toEqual({ successful: 1, failed: 2, dropped: [400, 400] })
    expect(made.documents(NAME)).toHaveLength(1)
  })
})
