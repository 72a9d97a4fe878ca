// The elastic kind: the bulk API of Elasticsearch, into a data stream unless told otherwise.
import { bulkDestination } from '../bulk.ts'
import type { Hints } from '../bulk-hints.ts'
import { type BulkOptions, LARGEST_BODY } from '../bulk-options.ts'
import type { DestinationKind } from '../destination.ts'
import { elasticOptions } from './options.ts'

const hints: Hints = {
  http_401: [
    'Is the API key of this cluster, and still valid? Elastic shows it once, as `encoded`; give that, or `id:key`.',
    'A user whose password was changed, or a security realm that is off, answers the same.',
  ],
  http_403: [
    'The key is known but may not write: it needs the index privileges create_doc and auto_configure on the data stream. The page of this destination has the request that makes such a key.',
  ],
  security_exception: [
    'The key needs the index privileges create_doc and auto_configure on this very name: compare `names` in its role with `index`.',
  ],
  index_not_found_exception: [
    'There is no data stream of this name, and no index template that would make one: `GET _index_template`, and compare its index_patterns with `index`. Names like logs-<what>-<where> have a template already.',
    'Is `index` an ordinary index or an alias? Then set `data_stream: false`.',
  ],
  http_400: [
    'Does it name an unrecognized parameter [require_data_stream]? Then it is older than 8.13: set `require_data_stream: false`.',
    'Does it speak of TLS, or was the address of another service taken? `curl <url>` answers with the name and version of the cluster.',
  ],
}

export const elastic: DestinationKind<BulkOptions> = bulkDestination({
  type: 'elastic',
  options: elasticOptions,
  hints,
  profile: () => ({ receiver: 'Elasticsearch', request: { maxBytes: LARGEST_BODY } }),
})
