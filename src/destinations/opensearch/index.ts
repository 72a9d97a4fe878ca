// The opensearch kind: the bulk API of OpenSearch, of its own clusters and of the services of AWS.
import { bulkDestination } from '../bulk.ts'
import type { Hints } from '../bulk-hints.ts'
import { type BulkOptions, LARGEST_BODY } from '../bulk-options.ts'
import type { DestinationKind } from '../destination.ts'
import { SIGNED_MS } from '../sigv4.ts'
import type { Profile } from '../profile.ts'
import { opensearchOptions } from './options.ts'

/** "Quotas for Amazon OpenSearch Serverless". Domains take this or ten times as much, by the size of their instances. */
const serverlessBytes = 10 * 1024 ** 2

const hints: Hints = {
  http_401: [
    'Does the security plugin know this user, with this password? With `aws`, no user is sent: the domain must know the identity of IAM.',
  ],
  http_403: [
    'On AWS: is `region` that of the domain, and `service` right (es for a domain, aoss for Serverless)? Does the access policy (es:ESHttpPost) or the data access policy (aoss:WriteDocument, aoss:CreateIndex) name this very identity?',
    'On AWS: temporary credentials run out, and the clock of this machine may be off by five minutes at most.',
    'Elsewhere: the role of the user needs indices:data/write/bulk* and create_index on `index`, and cluster_composite_ops.',
  ],
  security_exception: [
    'The role of the user needs indices:data/write/index, indices:data/write/bulk* and create_index on the name in `index`.',
  ],
  index_not_found_exception: [
    'There is no such index or data stream, and the cluster makes none by itself: make an index template whose index_patterns fit `index` (with data_stream: {} for a data stream).',
  ],
  illegal_argument_exception: [
    'Does it say that document ids are not supported? Time-series collections of OpenSearch Serverless give ids themselves: set `ids: false`.',
    'Otherwise the sentence above says what does not fit: a template, an alias without a write index, a limit on fields.',
  ],
}

export const opensearch: DestinationKind<BulkOptions> = bulkDestination({
  type: 'opensearch',
  options: opensearchOptions,
  hints,
  profile,
})

function profile({ aws }: BulkOptions): Profile {
  return {
    receiver: aws?.service === 'aoss' ? 'OpenSearch Serverless' : 'OpenSearch',
    request: { maxBytes: aws?.service === 'aoss' ? serverlessBytes : LARGEST_BODY },
    ...(aws && { clockMs: SIGNED_MS }),
  }
}
