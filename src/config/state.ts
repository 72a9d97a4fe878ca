// The `state:` of a configuration: where the state lies and how large it may grow.
import { resolve } from 'node:path'
import { messageOf } from '../model/errors.ts'
import { parseDuration, parseSize } from '../model/units.ts'
import { asMap, check, checkKeys, checkReferences, type Piece } from './check.ts'
import type { StateConfig } from './config.ts'
import { type ReferenceWorld, resolveText } from './references.ts'
import { stateShape } from './shared-schema.ts'

const usualPath = './audit-relay.db'
const defaults = {
  maxBytes: parseSize('10GiB') as number,
  keepMs: parseDuration('7d') as number,
  reserveBytes: parseSize('64MiB') as number,
}

/** The state's settings with defaults in place; undefined after telling what is wrong with them. */
export function readState(piece: Piece, world: ReferenceWorld): StateConfig | undefined {
  const { faults, path, value } = piece
  const before = faults.errors.length
  checkReferences(piece)
  const written =
    value === undefined
      ? {}
      : typeof value === 'string'
        ? { path: value }
        : asMap(piece, 'the path of the state file, or a map')
  if (!written) return undefined
  checkKeys({ ...piece, value: written }, Object.keys(stateShape.shape))
  const state = check(stateShape.partial({ path: true }), { ...piece, value: written })
  if (!state || faults.errors.length > before) return undefined
  const maxBytes = state.max_size ?? defaults.maxBytes
  const reserveBytes = state.reserve ?? Math.min(defaults.reserveBytes, Math.floor(maxBytes / 4))
  if (reserveBytes * 2 > maxBytes)
    faults.add([...path, 'reserve'], {
      message: 'the reserve takes more than half of max_size',
      hint: 'make max_size larger or reserve smaller',
    })
  const file = pathOf(
    state.path ?? usualPath,
    { ...piece, path: typeof value === 'string' ? path : [...path, 'path'] },
    world,
  )
  if (file === undefined) return undefined
  return { path: file, maxBytes, keepMs: state.keep ?? defaults.keepMs, reserveBytes }
}

/** Without its state nothing can run, so its path is resolved at once. */
function pathOf(text: string, { faults, path }: Piece, world: ReferenceWorld): string | undefined {
  try {
    const file = resolveText(text, world, new Set())
    if (file !== '' && !file.includes('\0')) return resolve(world.folder, file)
    faults.add(path, { message: 'expected the path of the state file' })
  } catch (error) {
    faults.add(path, { message: messageOf(error) })
  }
  return undefined
}
