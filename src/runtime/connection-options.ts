// The options of a kind that speaks HTTP about the way to its receiver: a proxy, an authority of one's own, a client certificate.
import { resolve } from 'node:path'
import { z } from 'zod'
import type { Connection } from './http-connection.ts'
import { httpUrl } from './http-options.ts'

/** Spread into the options of a kind; `connectionOf` and `settleConnection` take what comes of it. */
export const connectionShape = {
  proxy: httpUrl
    .exactOptional()
    .describe('Address of a proxy, user and password included. The environment is not asked for one.'),
  ca_file: z
    .string()
    .min(1)
    .exactOptional()
    .describe('A PEM file of the authorities to trust, instead of those that this machine trusts.'),
  cert_file: z.string().min(1).exactOptional().describe('A PEM file of our own certificate, for a receiver that asks.'),
  key_file: z.string().min(1).exactOptional().describe('The PEM file of its key.'),
}

export interface ConnectionOptions {
  readonly proxy?: string
  readonly ca_file?: string
  readonly cert_file?: string
  readonly key_file?: string
}

/** For a kind's `superRefine`. */
export function checkConnection({ cert_file, key_file }: ConnectionOptions, context: z.RefinementCtx): void {
  if ((cert_file === undefined) === (key_file === undefined)) return
  const [given, missing] = cert_file === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file']
  context.addIssue({ code: 'custom', path: [given], message: `${given} needs ${missing} beside it` })
}

/** Paths against the folder of the configuration file. */
export function settleConnection<Options extends { readonly connection: Connection }>(
  options: Options,
  folder: string,
): Options {
  const { caFile, certFile, keyFile } = options.connection
  const files = Object.entries({ caFile, certFile, keyFile }).filter(([, path]) => path !== undefined)
  const settled = Object.fromEntries(files.map(([name, path]) => [name, resolve(folder, path as string)]))
  return { ...options, connection: { ...options.connection, ...settled } }
}

export function connectionOf({ proxy, ca_file, cert_file, key_file }: ConnectionOptions): Connection {
  return {
    ...(proxy !== undefined && { proxy }),
    ...(ca_file !== undefined && { caFile: ca_file }),
    ...(cert_file !== undefined && { certFile: cert_file }),
    ...(key_file !== undefined && { keyFile: key_file }),
  }
}

/** What a proxy's address holds that must not appear in any text. */
export function connectionSecrets({ proxy }: Connection): readonly string[] {
  const url = proxy === undefined ? null : URL.parse(proxy)
  return url ? [url.username, url.password].filter((part) => part !== '').map(decodeURIComponent) : []
}
