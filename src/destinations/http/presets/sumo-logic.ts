// Sumo Logic, HTTP Logs and Metrics Source. "Troubleshooting HTTP Sources", "Search Large Messages".
import type { HttpFile } from '../schema.ts'

export const sumoLogic: HttpFile = {
  // No auth: the address holds the secret.
  body: { form: 'lines', content_type: 'application/json' },
  gzip: true,
  batch: 1_000,
  max_bytes: '1MiB',
  // A message of more than 64 KB is sliced into several, none of which is JSON any more.
  max_event_bytes: '65535B',
  success: { status: [200] },
}
