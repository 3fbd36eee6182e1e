import { TidewaterError } from '@tidewater/core'
import { createObjectStore, type ObjectStore } from '@tidewater/core/storage'
import type { TableSource } from '@tidewater/iceberg-ops/metadata'
import { type CliIo, resolvePath } from '../io.js'

/** Which table, by the catalog that has it. */
export interface TableSourceOptions {
  readonly catalog: 'glue' | 'hadoop' | 'rest'
  readonly warehouse?: string
  readonly uri?: string
  /** Name of the environment variable that has the REST catalog's token: an argument would be seen by others. */
  readonly tokenEnv?: string
  readonly region?: string
  readonly profile?: string
  readonly endpoint?: string
}

/** A table that a command is about. */
export interface NamedTable {
  /** `database.table`. */
  readonly name: string
  readonly source: TableSource
}

/**
 * @param name `database.table`; a database may have several levels
 * @throws TidewaterError `USAGE` for a name, or an option that the catalog needs
 */
export function tableSource(name: string, options: TableSourceOptions, io: CliIo): NamedTable {
  const dot = name.lastIndexOf('.')
  if (dot < 1 || dot === name.length - 1)
    throw new TidewaterError('USAGE', `Not a table: ${JSON.stringify(name)}`, {
      remedy: 'Name it as database.table.',
    })
  const [namespace, table] = [name.slice(0, dot), name.slice(dot + 1)]
  const { catalog, warehouse, uri, tokenEnv } = options
  switch (catalog) {
    case 'glue':
      return { name, source: { type: 'glue', database: namespace, name: table, ...accountOf(options) } }
    case 'hadoop': {
      const root = needed(warehouse, '--warehouse', catalog)
      return {
        name,
        source: { type: 'hadoop', warehouse: absolute(root, io), namespace, name: table },
      }
    }
    case 'rest': {
      const token = tokenEnv === undefined ? undefined : tokenOf(tokenEnv, io)
      return {
        name,
        source: {
          type: 'rest',
          uri: needed(uri, '--uri', catalog),
          namespace,
          name: table,
          ...(warehouse === undefined ? {} : { warehouse }),
          ...(token === undefined ? {} : { token }),
        },
      }
    }
  }
}

/**
 * Another catalog that should have the same table, by one word.
 *
 * @param place `glue`, `hadoop:<warehouse>`, `rest:<uri>`, or the location of a metadata file
 */
export function otherSource(
  name: string,
  place: string,
  { warehouse: _, uri: __, ...account }: TableSourceOptions,
  io: CliIo,
): TableSource {
  const [, type, where = ''] = /^(hadoop|rest):(.+)$/s.exec(place) ?? []
  if (place === 'glue') return tableSource(name, { ...account, catalog: 'glue' }, io).source
  if (type === 'hadoop') return tableSource(name, { catalog: type, warehouse: where }, io).source
  if (type === 'rest') return tableSource(name, { ...account, catalog: type, uri: where }, io).source
  if (/\.metadata\.json(\.gz)?$/.test(place)) return { type: 'metadata', location: absolute(place, io) }
  throw new TidewaterError('USAGE', `Not a catalog: ${JSON.stringify(place)}`, {
    remedy: 'Give glue, hadoop:<warehouse>, rest:<uri>, or the location of a metadata file.',
  })
}

/** The store that has the table's files. */
export function tableStore(options: TableSourceOptions): ObjectStore {
  return createObjectStore({ ...accountOf(options), pathStyle: options.endpoint !== undefined })
}

function accountOf({ region, profile, endpoint }: TableSourceOptions) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  }
}

function absolute(location: string, io: CliIo): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(location) ? location : resolvePath(io, location)
}

function needed(value: string | undefined, option: string, catalog: string): string {
  if (value !== undefined) return value
  throw new TidewaterError('USAGE', `A ${catalog} catalog needs ${option}`, { remedy: `Give ${option}.` })
}

function tokenOf(name: string, io: CliIo): string {
  const token = io.env[name]
  if (token) return token
  throw new TidewaterError('USAGE', `The environment has no ${name}`, {
    remedy: `Set ${name} to the token, or leave --token-env out.`,
  })
}
