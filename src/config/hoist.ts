// Makes a JSON Schema shorter without changing what it says: what stands in it several times is written once, under `$defs`.

type Json = Record<string, unknown>

/** Shorter ones are easier to read where they are, characters. */
const shortest = 250

/** The same schema, with `$defs` when anything was repeated. */
export function hoist(schema: Json): Json {
  const times = new Map<string, number>()
  count(schema, times)
  const names = new Map<string, string>()
  const defs: Json = {}
  const lift = (node: Json, near: string): Json => {
    const text = JSON.stringify(node)
    if (text.length < shortest || (times.get(text) ?? 0) < 2) return within(node, near, lift)
    const known = names.get(text)
    if (known !== undefined) return { $ref: `#/$defs/${known}` }
    const name = freeName(near, defs)
    names.set(text, name)
    // Its place is kept before what it holds takes a name.
    defs[name] = {}
    defs[name] = within(node, near, lift)
    return { $ref: `#/$defs/${name}` }
  }
  const lifted = within(schema, 'root', lift)
  return names.size === 0 ? lifted : { ...lifted, $defs: defs }
}

/** What stands within a repeated schema is counted once: it will be written once. */
function count(node: Json, times: Map<string, number>): void {
  const text = JSON.stringify(node)
  const before = times.get(text) ?? 0
  times.set(text, before + 1)
  if (before > 0 && text.length >= shortest) return
  within(node, '', (inner) => {
    count(inner, times)
    return inner
  })
}

/** A schema with each of the schemas in it replaced; `near`: the key that it belongs to. */
function within(node: Json, near: string, replace: (inner: Json, near: string) => Json): Json {
  const one = (value: unknown, key: string): unknown => (isMap(value) ? replace(value, key) : value)
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === 'properties' && isMap(value))
        return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, one(inner, name)]))]
      if (key === 'items' || key === 'additionalProperties') return [key, one(value, near)]
      const isList = (key === 'anyOf' || key === 'oneOf') && Array.isArray(value)
      return [key, isList ? value.map((inner) => one(inner, near)) : value]
    }),
  )
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function freeName(near: string, defs: Json): string {
  const name = near.replaceAll(/\W/gu, '_')
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}_${number}`
    if (!Object.hasOwn(defs, free)) return free
  }
}
