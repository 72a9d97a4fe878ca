// What to check when a cluster did not take a test event, most likely first.
import type { Reason } from '../model/verdict.ts'

export type Hints = Readonly<Record<string, readonly string[]>>

const MAPPING = [
  'The event does not fit the mapping of the index: the sentence above names the field. Often a field of `data` came with another type first.',
  'Map `data` as `flattened` (Elasticsearch) or `flat_object` (OpenSearch) in the index template, so that no event can break the mapping; the page of this destination has a template.',
]

const SHARED: Hints = {
  document_parsing_exception: MAPPING,
  mapper_parsing_exception: MAPPING,
  strict_dynamic_mapping_exception: MAPPING,
  http_404: [
    'Is `url` the address of the cluster alone, with its port (9200 is usual) and without an index? The user interface answers 404, too; its port is another (5601 is usual).',
  ],
  no_bulk_answer: [
    'Something answered 200, but not a bulk API: the user interface, a login page or a proxy. Compare `curl <url>` by hand: the cluster answers with its name and version.',
  ],
  http_413: [
    'One small event is too large? Then a proxy in front has a limit set to next to nothing. The cluster has http.max_content_length (100 MB); managed services allow 10 MB or less: keep `max_bytes` below.',
  ],
  cluster_block_exception: [
    'The index is blocked for writing: its disk is (nearly) full, or its lifecycle made it read-only. See `GET _cluster/allocation/explain` and the disk watermarks.',
  ],
  validation_exception: [
    'The cluster has as many shards as it may have, so that no new index can be made: delete old indices, or raise `cluster.max_shards_per_node`. See `GET _cluster/health` and `GET _cat/allocation`.',
  ],
  index_closed_exception: ['Somebody closed the index: `POST /<index>/_open`, or give `index` another name.'],
}

/** Advice by the code of a reason: a kind's own goes before what all kinds with a bulk API share. */
export function bulkHints(own: Hints): (reason: Reason) => readonly string[] {
  return ({ code, text }) => {
    if (/pipeline with id/.test(text))
      return ['The pipeline that `pipeline` names does not exist: `GET _ingest/pipeline`.']
    if (/no write index is defined for alias/.test(text))
      return [
        '`index` is an alias of several indices, and none of them is the one to write to: set `is_write_index` on one.',
      ]
    return own[code] ?? SHARED[code] ?? []
  }
}
