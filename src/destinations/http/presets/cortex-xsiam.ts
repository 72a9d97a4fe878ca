// Cortex XSIAM, HTTP log collector. "Set up an HTTP log collector to receive logs", "Success and failure code responses to your HTTP
// POST requests".
import type { HttpFile } from '../schema.ts'

export const cortexXsiam: HttpFile = {
  // The key alone, without a word before it.
  auth: { header: 'authorization', prefix: '' },
  // Logs one a line, as the collector is set up: log format JSON, compression uncompressed (or gzip, and then gzip: true).
  body: { form: 'lines', content_type: 'text/plain' },
  batch: 1_000,
  // A request may have 25 MB. Smaller ones are answered sooner.
  max_bytes: '4MiB',
  success: { status: [200] },
}
